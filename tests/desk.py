"""An intake on a real database without a broker, with everything that it offers laid aside: for tests of one step at a time."""

from datetime import UTC, datetime

from pydantic_core import to_json

from hub.addressing.memory import RegisterMemory
from hub.intake.arrival import Arrival
from hub.intake.queue import Intake
from hub.store.registers import Answers
from schemas.hub_messages import Adressering
from tests.shards import all_shards
from tests.stack import CENTRE, KOMMUN, WARD, directory

FOUND = Adressering(
    outcome="listed",
    health_centre=CENTRE,
    municipality="1281",
    municipality_unit=KOMMUN,
    name="Tolvan Tolvansson",
    address="Storgatan 1",
)
BODY = (
    b'{"patient":{"personnummer":"191212121212"},"admitted_at":"2026-03-02T08:00:00+01:00","estimated_discharge":"2026-03-09",'
    b'"reason":"Fall","information":{"given":true},"samtycke":{"outcome":"given"}}'
)


class Desk:
    """An intake with everything that it offers laid aside."""

    def __init__(self, store, content=None):
        self.store, self.offered, self.directory = store, [], content or directory()
        self.known = RegisterMemory(Answers(store), 3600, 600)
        self.now = None
        self.intake = Intake(
            store, lambda: self.directory, self.known, self.offered.extend, all_shards(store), clock=self.clock
        )

    def clock(self):
        return self.now or datetime.now(UTC)

    async def tell(self, id_, name, data, case, unit=WARD, **more):
        """A message in a case, acted in the unit's first role."""
        role = next(iter(self.directory.unit_by_hsa[unit].roles))
        body = to_json(data)
        return await self.send(id_, name=name, body=body, subject=case, unit=unit, **{"role": role, **more})

    def arrival(
        self,
        id_,
        *,
        name="svu.inskrivning",
        body=BODY,
        subject="ref:vk-1",
        unit=WARD,
        actor=None,
        role="sjukskoterska",
    ):
        system = self.directory.system_by_id[self.directory.system_of[unit]]
        attributes = {
            "specversion": "1.0",
            "id": id_,
            "source": f"urn:hsa:{unit}",
            "type": f"se.samverkan.{name}.v1",
            "subject": subject,
            "time": "2026-03-02T09:00:00+01:00",
            "actor": actor or f"{unit.partition('-')[0]}-P03",
            "actorrole": role,
        }
        return Arrival(system, body, "application/json", attributes, datetime.now(UTC), f"test/{id_}", by_outbox=False)

    async def send(self, *arguments, **more):
        (receipt,) = await self.intake.submit([self.arrival(*arguments, **more)])
        return receipt
