"""Makes a candidate of a person's files, or of their own YAML, through azure-ai-ml.

In a process of its own: its import takes seconds, it waits in a thread that outlives the call, and
it prints dots on whatever stdout it finds.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from canarycli.child import at_work
from canarycli.files import Files, Say, Uploaded, without_files
from canarycli.preview import Preview
from canarycli.provider import Endpoint
from canarycli_azureml.api import Session
from canarycli_azureml.blueprint import Options, body_like, deployment_name
from canarycli_azureml.body import Body
from canarycli_azureml.file import plan
from canarycli_azureml.models import MLFLOW, Model
from canarycli_azureml.sdk import place_of, refuse_without_sdk
from canarycli_azureml.settings import Settings


def preview(
    session: Session, settings: Settings, baseline: Body, files: Files, names: Sequence[str]
) -> Preview:
    """What `upload` and the deployment after it would do.

    Args:
        session: asks Azure.
        settings: the workspace.
        baseline: the deployment that the candidate is to be like.
        files: what a model is to be made of.
        names: the deployments there are.

    Raises:
        UsageError: nothing can be made of these files.
    """
    refuse_without_sdk(f"making a model of {files.source!r}")
    wanted = plan(session, settings, baseline, files)
    version = wanted.version or "1"
    path = f"{settings.path}/models/{wanted.name}/versions/{version}"
    model = Model(path, wanted.name, version, wanted.kind == MLFLOW)
    options = Options.parse(without_files(files.options)).within(settings.path)
    deployment_name(model, options.name, names)
    body_like(baseline, model, options, files.release)
    return Preview(files.word, upload=wanted.words)


@contextmanager
def upload(
    session: Session, settings: Settings, baseline: Body, files: Files, say: Say
) -> Iterator[Uploaded]:
    """Upload the files and register a model of them; see `Uploader.upload`.

    Raises:
        MissingExtra: azure-ai-ml is not installed.
    """
    doing = f"making a model of {files.source!r}"
    refuse_without_sdk(doing)
    order = {
        "place": place_of(settings),
        "wanted": asdict(plan(session, settings, baseline, files)),
        "release": files.release,
    }
    with at_work("canarycli_azureml.upload", order, doing, say) as work:
        yield Uploaded(str(work.answer["model"]), tuple(work.answer["made"]), work.keep)


def deploy_yaml(
    settings: Settings, seen: Endpoint, options: Options, release: str, taken: Collection[str]
) -> str:
    """Ask for the deployment in a YAML file; uploads come first, the deployment is not waited for.

    Raises:
        UsageError: azure-ai-ml can't make a deployment of it, or its name is taken.
    """
    doing = f"deploying the file {options.file!r}"
    refuse_without_sdk(doing)
    order = {
        "place": place_of(settings),
        "endpoint": seen.name,
        "release": release,
        "taken": list(taken),
        "options": {**asdict(options), "file": str(Path(options.file).expanduser())},
    }
    with at_work("canarycli_azureml.yaml_deploy", order, doing, lambda _: None) as work:
        work.keep()
        return str(work.answer["name"])
