"""`foldwise kernel build RUN`."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from foldwise.cli.output import Output
from foldwise.errors import UsageError
from foldwise.kaggle.building.kernel import BuiltKernel, KernelRequest, build_inference
from foldwise.kaggle.building.training_kernel import Training, build_training, settings_to_train
from foldwise.paths import Project, find_project
from foldwise.pipeline.run_list import check_exist


def run(options: Namespace, output: Output) -> None:
    """Write a folder that is ready to simulate and push."""
    project = find_project()
    folder = Path(options.output) if options.output else None
    request = KernelRequest(options.run, folder, options.owner, options.fp16, options.max_time)
    built = (_training if options.train else _inference)(project, request, options, output)
    output.result(as_json(built))
    show(built, output)


def _inference(
    project: Project, request: KernelRequest, options: Namespace, output: Output
) -> BuiltKernel:
    """The kernel that predicts.

    Raises:
        UsageError: there is no such run, or an option is about training.
    """
    if options.seeds or options.encoder_source:
        raise UsageError("--seeds and --encoder-source are about training; add --train")
    check_exist(project, [request.run])
    return build_inference(project, request, output.say)


def _training(
    project: Project, request: KernelRequest, options: Namespace, output: Output
) -> BuiltKernel:
    """The kernel that trains."""
    settings = settings_to_train(project, request.run)
    training = Training(settings, tuple(options.seeds or ()), options.encoder_source)
    return build_training(project, request, training, output.say)


def as_json(built: BuiltKernel) -> dict[str, object]:
    """The kernel for programs."""
    return {
        "folder": built.folder,
        "slug": built.slug,
        "bytes": built.bytes,
        "package": asdict(built.package),
        "remarks": list(built.remarks),
    }


def show(built: BuiltKernel, output: Output) -> None:
    """What was built, and what to do next."""
    package = built.package
    facts: dict[str, object] = {"notebook": f"{built.slug}.ipynb"}
    facts["package"] = f"{len(package.files)} files, {built.bytes / 1e6:,.1f} MB"
    if package.headline is not None:
        facts[f"OOF {package.headline.metric}"] = f"{package.headline.value:.4f}"
    output.facts(f"{package.purpose}: {package.run}", facts)
    output.lines(
        [
            *built.remarks,
            f"wrote {built.folder}",
            f"next: foldwise kernel simulate {built.folder}",
        ]
    )
