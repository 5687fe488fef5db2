"""Surveys that were asked, and their answers. Each question is answered once."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, func, literal, select, update

from context_store.families import Families
from context_store.models.desk import SurveyAnswerRow, SurveyRow
from context_store.notices import Notices
from context_store.records import CustomerId, NoticeKind, Survey, SurveyAnswer, SurveyId
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

surveys = table_of(SurveyRow)
answers = table_of(SurveyAnswerRow)
SURVEY = columns_of(Survey, surveys)
ANSWER = columns_of(SurveyAnswer, answers)
MOST = 20


class Surveys:
    def __init__(self, connection: Connection, notices: Notices, families: Families | None = None) -> None:
        self._connection = connection
        self._notices = notices
        self._families = families or Families(connection)

    def add(self, survey: Survey, rest: timedelta) -> bool:
        """False when they were asked the same within its rest period, or about this handoff already."""
        asked = exists().where(
            surveys.c.customer_id.in_(self._families.of(survey.customer_id)),
            surveys.c.survey == survey.survey,
            surveys.c.asked_at > survey.asked_at - rest,
        )
        row = select(*(literal(getattr(survey, column.name), column.type) for column in SURVEY)).where(~asked)
        names = [column.name for column in SURVEY]
        statement = insert_or_ignore(self._connection.dialect.name, surveys).from_select(names, row)
        return changed_rows(self._connection, statement) == 1

    def newest(self, customer_id: CustomerId) -> Survey | None:
        row = self._connection.execute(
            select(*SURVEY)
            .where(surveys.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(surveys.c.asked_at.desc(), surveys.c.id.desc())
            .limit(1)
        ).one_or_none()
        return to_record(Survey, row)

    def open_of(self, customer_id: CustomerId, now: datetime) -> Survey | None:
        """The newest one that may still be answered."""
        row = self._connection.execute(
            select(*SURVEY)
            .where(
                surveys.c.customer_id.in_(self._families.of(customer_id)),
                surveys.c.ended_at.is_(None),
                surveys.c.valid_until > now,
            )
            .order_by(surveys.c.asked_at.desc(), surveys.c.id.desc())
            .limit(1)
        ).one_or_none()
        return to_record(Survey, row)

    def last_asked(self, customer_id: CustomerId) -> dict[str, datetime]:
        """When each survey was asked last."""
        rows = self._connection.execute(
            select(surveys.c.survey, func.max(surveys.c.asked_at).label("asked_at"))
            .where(surveys.c.customer_id.in_(self._families.of(customer_id)))
            .group_by(surveys.c.survey)
        )
        return {row.survey: row.asked_at for row in rows}

    def keep(self, answer: SurveyAnswer, *, is_bad: bool, is_text: bool) -> bool:
        """Keep an answer at once. False when that question has one."""
        statement = insert_or_ignore(self._connection.dialect.name, answers).values({**vars(answer)})
        if changed_rows(self._connection, statement) == 0:
            return False
        mine = surveys.c.id == answer.survey_id
        values: dict[str, Any] = {"answered_at": func.coalesce(surveys.c.answered_at, answer.answered_at)}
        if is_bad:
            values["is_bad"] = True
        self._connection.execute(update(surveys).where(mine).values(values))
        if answer.score is not None:
            first = and_(mine, surveys.c.score.is_(None))
            self._connection.execute(update(surveys).where(first).values(score=answer.score))
        if is_text:
            first = and_(mine, surveys.c.comment.is_(None))
            self._connection.execute(update(surveys).where(first).values(comment=answer.answer))
        if self._notices.wants(NoticeKind.SURVEY_ANSWERED):
            self._tell(answer, is_text=is_text)
        return True

    def _tell(self, answer: SurveyAnswer, *, is_text: bool) -> None:
        query = select(surveys.c.customer_id, surveys.c.survey).where(surveys.c.id == answer.survey_id)
        row = self._connection.execute(query).one()
        told = {
            "survey_id": str(answer.survey_id),
            "survey": row.survey,
            "question": answer.question,
            "score": answer.score,
            # Free words are read when it is delivered, for whom they may go to.
            "answer": None if is_text else answer.answer,
            "is_text": is_text,
        }
        self._notices.add(NoticeKind.SURVEY_ANSWERED, CustomerId(row.customer_id), told)

    def end(self, survey_id: SurveyId, now: datetime) -> None:
        self._connection.execute(update(surveys).where(surveys.c.id == survey_id).values(ended_at=now))

    def remind(self, survey_id: SurveyId, now: datetime) -> bool:
        """True once, while nothing has been answered and an answer would count."""
        statement = (
            update(surveys)
            .where(
                surveys.c.id == survey_id,
                surveys.c.reminded_at.is_(None),
                surveys.c.answered_at.is_(None),
                surveys.c.ended_at.is_(None),
                surveys.c.valid_until > now,
            )
            .values(reminded_at=now)
        )
        return changed_rows(self._connection, statement) == 1

    def has_bad_since(self, customer_id: CustomerId, since: datetime) -> bool:
        query = select(surveys.c.id).where(
            surveys.c.customer_id.in_(self._families.of(customer_id)),
            surveys.c.is_bad,
            surveys.c.answered_at >= since,
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def of(self, customer_id: CustomerId) -> list[Survey]:
        rows = self._connection.execute(
            select(*SURVEY)
            .where(surveys.c.customer_id.in_(self._families.of(customer_id)))
            .order_by(surveys.c.asked_at)
        )
        return [Survey(**row._mapping) for row in rows]

    def answers_to(self, survey_id: SurveyId) -> list[SurveyAnswer]:
        rows = self._connection.execute(
            select(*ANSWER)
            .where(answers.c.survey_id == survey_id)
            .order_by(answers.c.answered_at)
            .limit(MOST)
        )
        return [SurveyAnswer(**row._mapping) for row in rows]
