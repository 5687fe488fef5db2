"""Ratings. One answer counts."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from context_store.models.desk import SurveyRow
from context_store.records import CustomerId, Survey, SurveyId
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

surveys = table_of(SurveyRow)
SURVEY = columns_of(Survey, surveys)


class Surveys:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, survey: Survey) -> bool:
        """False when this handoff has been asked about already."""
        statement = insert_or_ignore(self._connection.dialect.name, surveys).values({**vars(survey)})
        return changed_rows(self._connection, statement) == 1

    def newest(self, customer_id: CustomerId) -> Survey | None:
        row = self._connection.execute(
            select(*SURVEY)
            .where(surveys.c.customer_id == customer_id)
            .order_by(surveys.c.asked_at.desc(), surveys.c.id.desc())
            .limit(1)
        ).one_or_none()
        return to_record(Survey, row)

    def answer(self, survey_id: SurveyId, score: int, now: datetime) -> bool:
        """Keep the score. False when it has one."""
        return (
            changed_rows(
                self._connection,
                update(surveys)
                .where(surveys.c.id == survey_id, surveys.c.score.is_(None))
                .values(score=score, answered_at=now),
            )
            == 1
        )

    def comment(self, survey_id: SurveyId, comment: str) -> None:
        self._connection.execute(
            update(surveys)
            .where(surveys.c.id == survey_id, surveys.c.comment.is_(None))
            .values(comment=comment)
        )

    def of(self, customer_id: CustomerId) -> list[Survey]:
        rows = self._connection.execute(
            select(*SURVEY).where(surveys.c.customer_id == customer_id).order_by(surveys.c.asked_at)
        )
        return [Survey(**row._mapping) for row in rows]
