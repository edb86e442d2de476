"""When the first share is asked for."""

from engine.rehearsal import BASELINE, ENDPOINT, Rehearsal

from canarycli.release.record import Outcome, State


def test_nothing_begins_while_the_baseline_is_out_of_service() -> None:
    rehearsal = Rehearsal(startup=60)
    rehearsal.start(model="model-99")
    driver = rehearsal.controller()
    rehearsal.tick(driver)
    rehearsal.simulator.put_out(ENDPOINT, BASELINE)
    rehearsal.clock.sleep(61)
    for _ in range(3):
        rehearsal.tick(driver)
        assert rehearsal.release.state is State.DEPLOYING
    said = [e.message for e in rehearsal.store.events(rehearsal.release.id) if e.type == "frozen"]
    assert said == [f"nothing goes up now: {BASELINE} is not in service"]
    rehearsal.simulator.put_out(ENDPOINT, BASELINE, back=True)
    assert rehearsal.finish().outcome is Outcome.PROMOTED
