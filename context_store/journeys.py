"""Customers' runs of journeys."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from context_store.families import Families
from context_store.models.outreach import EnrollmentRow
from context_store.notices import Notices
from context_store.records import CustomerId, Enrollment, EnrollmentId, EnrollmentStatus, NoticeKind
from context_store.rows import changed_rows, columns_of, insert_or_ignore, table_of, to_record

enrollments = table_of(EnrollmentRow)
ENROLLMENT = columns_of(Enrollment, enrollments)
RUNNING = (EnrollmentStatus.ACTIVE, EnrollmentStatus.WAITING)

TOLD = {
    EnrollmentStatus.COMPLETED: NoticeKind.JOURNEY_COMPLETED,
    EnrollmentStatus.EXITED: NoticeKind.JOURNEY_EXITED,
}
IS_RUNNING = enrollments.c.status.in_(RUNNING)

# Built once: every message asks.
OF = (
    select(*ENROLLMENT)
    .where(enrollments.c.customer_id == bindparam("customer"))
    .order_by(enrollments.c.entered_at, enrollments.c.id)
)
OF_FAMILY = (
    select(*ENROLLMENT)
    .where(enrollments.c.customer_id.in_(bindparam("customers", expanding=True)))
    .order_by(enrollments.c.entered_at, enrollments.c.id)
)


class Enrollments:
    def __init__(self, connection: Connection, notices: Notices, families: Families | None = None) -> None:
        self._connection = connection
        self._notices = notices
        self._families = families or Families(connection)

    def add(self, enrollment: Enrollment) -> bool:
        """False when this customer has had this run: one per journey and key."""
        if not self._families.is_alone(enrollment.customer_id) and any(
            (run.journey, run.entry_key) == (enrollment.journey, enrollment.entry_key)
            for run in self.of(enrollment.customer_id)
        ):
            return False
        statement = insert_or_ignore(self._connection.dialect.name, enrollments).values({**vars(enrollment)})
        is_new = changed_rows(self._connection, statement) == 1
        if is_new:
            self._tell(NoticeKind.JOURNEY_ENTERED, enrollment)
        return is_new

    def get(self, enrollment_id: EnrollmentId) -> Enrollment | None:
        row = self._connection.execute(
            select(*ENROLLMENT).where(enrollments.c.id == enrollment_id)
        ).one_or_none()
        return to_record(Enrollment, row)

    def of(self, customer_id: CustomerId) -> list[Enrollment]:
        """Every run that this customer has had, oldest first."""
        family = self._families.of(customer_id)
        if len(family) > 1:
            rows = self._connection.execute(OF_FAMILY, {"customers": family})
        else:
            rows = self._connection.execute(OF, {"customer": customer_id})
        return [Enrollment(**row._mapping) for row in rows]

    def running(self, customer_id: CustomerId) -> list[Enrollment]:
        return [enrollment for enrollment in self.of(customer_id) if enrollment.is_running]

    def move(
        self,
        enrollment_id: EnrollmentId,
        status: EnrollmentStatus,
        now: datetime,
        *,
        step: int | None = None,
        reason: str | None = None,
    ) -> bool:
        """To another step or to its end. False when it has ended already."""
        values = {"status": status, "updated_at": now, "reason": reason}
        if step is not None:
            values["step"] = step
        statement = update(enrollments).where(enrollments.c.id == enrollment_id, IS_RUNNING).values(values)
        row = self._connection.execute(statement.returning(*ENROLLMENT)).one_or_none()
        if row is not None and status in TOLD:
            self._tell(TOLD[status], Enrollment(**row._mapping))
        return row is not None

    def _tell(self, kind: NoticeKind, enrollment: Enrollment) -> None:
        told = {
            "enrollment_id": str(enrollment.id),
            "journey": enrollment.journey,
            "entry_key": enrollment.entry_key,
            "reason": enrollment.reason,
        }
        self._notices.add(kind, enrollment.customer_id, told)
