"""Records a start; a candidate that is still files becomes a model first, or leaves nothing."""

from collections.abc import Callable
from dataclasses import replace

from canarycli.files import Files, without_files
from canarycli.journal import Event
from canarycli.operations.occupied import refuse_busy
from canarycli.operations.start import Intent, found_on, planned

Listen = Callable[[Event], None]


def record_start(intent: Intent, listen: Listen) -> None:
    """Record the release, with the lease on its endpoint; no traffic is moved.

    What was uploaded for it is taken away again if that, or the recording, fails or is
    interrupted.

    Raises:
        Busy: the endpoint has an open release by now.
    """
    if not intent.upload:
        _create(intent, listen)
        return
    release, clock = intent.release, intent.work.clock

    def say(text: str) -> None:
        listen(Event("uploading", clock.now(), text))

    files = Files(release.model, release.baseline, release.deploy, release.id)
    with intent.work.provider.upload(intent.endpoint, files, say) as uploaded:
        intent = _looked_again(intent)
        made = replace(
            intent.release,
            model=uploaded.model,
            deploy=without_files(release.deploy),
            made=uploaded.made,
            asked_at=clock.now(),
        )
        message = f"made {', '.join(uploaded.made)} of {files.source}"
        event = Event("uploaded", clock.now(), message, fields={"made": list(uploaded.made)})
        _create(replace(intent, release=made), listen, event)
        uploaded.keep()


def _looked_again(intent: Intent) -> Intent:
    """The intent as of now: an upload takes long, and others may have begun meanwhile.

    Raises:
        Busy: the endpoint is in a release by now.
    """
    endpoint = intent.work.provider.describe(intent.work.target.name)
    found = found_on(intent.work, endpoint)
    intent = replace(intent, endpoint=endpoint, release=replace(intent.release, found=found))
    refuse_busy(intent)
    return intent


def _create(intent: Intent, listen: Listen, *before: Event) -> None:
    intent.work.controller(listen).create(intent.release, *before, *planned(intent))
