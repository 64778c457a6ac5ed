"""README.md of an exported checkpoint, in Hugging Face's form.

    ---
    license: apache-2.0
    model-index: ...                    what a hub reads
    ---
    # laptop, zero at step 80           what a person reads: data, figures, cost, limits

Every number is taken from the run's own files. What the run has not measured, the card says so:
a card (Mitchell et al. 2019, arXiv 1810.03993) is for what a user must know before using.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from minir1.model.count import active_parameters, parameters
from minir1.run.models import seen_by
from minir1.stages.card.facts import MANIFEST, ROWS, Facts
from minir1.stages.lineage.made import is_pipeline


def card(known: Facts) -> str:
    """The whole README."""
    config, found = known.config, known.found
    name = f"{config.name}, {found.stage} at step {found.step}"
    parts = [
        "---",
        *metadata(known),
        "---",
        "",
        f"# {name}",
        "",
        about(known),
        "",
        "## Data and lineage",
        "",
        *data(known),
        "",
        "## Evaluation",
        "",
        *evaluation(known),
        "",
        "## Cost",
        "",
        cost(known),
        "",
        "## Limits",
        "",
        *limits(known),
        "",
        "## Licence",
        "",
        licence(known),
    ]
    return "\n".join(parts) + "\n"


def metadata(known: Facts) -> Iterator[str]:
    """The block that a hub reads. JSON is YAML, so values are written as JSON."""
    config = known.config
    fields: dict[str, Any] = {
        "license": "other" if config.base else "apache-2.0",
        "language": ["en", "id"] if is_pipeline(config) else ["en"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["minir1", "grpo", "reasoning", known.found.stage, config.task.name],
    }
    if config.base:
        fields["base_model"] = config.base
    metrics = [
        {"type": what, "value": round(one["value"], 4), "name": f"{what} ({name})"}
        for name, measured in known.evaluations.items()
        for what, one in intervals(measured)
    ]
    if metrics:
        dataset = {"name": f"{config.task.name}, held out", "type": config.task.name}
        result = {"task": {"type": "text-generation"}, "dataset": dataset, "metrics": metrics}
        fields["model-index"] = [{"name": config.name, "results": [result]}]
    for key, value in fields.items():
        yield f"{key}: {json.dumps(value)}"


def intervals(measured: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, float]]]:
    """The measured values of an evaluation that have an interval."""
    own = measured.get("scenarios") or measured
    for name, value in own.items():
        if isinstance(value, dict) and set(value) == {"value", "low", "high"}:
            yield name, value


def about(known: Facts) -> str:
    """What it is, in a few sentences."""
    config, shape = known.config, seen_by(known.config, known.found.stage).model
    size = f"{parameters(shape):,} parameters, {active_parameters(shape):,} of them active"
    start = f"It starts from {config.base}." if config.base else "It starts from random weights."
    return (
        f"A model of {size}, made by minir1, which rebuilds DeepSeek-R1 to be understood. {start} "
        f"Task: {config.task.name}. Recipe `{config.name}`, hash `{config.hash()}`, seed "
        f"{config.seed}; `{MANIFEST}` has the whole config, the versions and the hash of each file."
    )


def data(known: Facts) -> Iterator[str]:
    """What was learned from, whose it is, and whether held-out questions are among it."""
    if known.config.base:
        yield f"What {known.config.base} has read is not known here. After it:\n"
    if not known.audit:
        yield "The run has left no diary, so nothing can be said of its data."
        return
    yield "| learned from | rows | written by | seed | without lineage | held out |"
    yield "|---|---|---|---|---|---|"
    for one in known.audit["sets"]:
        cells = (f"{one['set']}: {one['kind']}", f"{one['rows']:,}", one["writer"], one["seed"])
        yield f"| {' | '.join((*cells, str(one['without']), str(len(one['leaks']))))} |"
    seen = f"at most {ROWS} rows of what is made on the fly were made again"
    yield f"\nDecontamination {known.audit['decontamination']}; {seen}."


def evaluation(known: Facts) -> Iterator[str]:
    """The figures of this checkpoint, each with its interval."""
    if not known.evaluations:
        yield "This checkpoint was not evaluated. `minir1 eval` does it."
        return
    yield "| set | measured | value | 95% interval | problems | samples of each |"
    yield "|---|---|---|---|---|---|"
    for name, measured in known.evaluations.items():
        for what, one in intervals(measured):
            ends = f"{one['low']:.4g} to {one['high']:.4g}"
            counts = f"{measured['problems']} | {measured['samples']}"
            yield f"| {name} | {what} | {one['value']:.4g} | {ends} | {counts} |"
    yield "\nThe intervals are over problems. Another seed of the run is not in them."


def cost(known: Facts) -> str:
    """What the run cost, all of it."""
    own = known.cost
    if not own:
        return "The run has left no ledger."
    tokens = f"{own['tokens_trained']:,} tokens trained on, {own['tokens_sampled']:,} sampled"
    return (
        f"{own['core_hours']:.2f} core-hours, {own['flops']:.2e} FLOPs, {tokens}, "
        f"{own['dollars']:.3g} dollars: the whole run, with its failed and repeated parts."
    )


def limits(known: Facts) -> Iterator[str]:
    """What it is not for."""
    if known.config.base:
        yield f"- Whatever holds for {known.config.base} holds here."
    else:
        yield "- It knows the words of one toy language, and nothing of the world."
    yield f"- It was taught and measured on {known.config.task.name} alone, and asked nothing else."
    yield "- Its thinking is a means to an answer. It need not say why the answer came out."
    yield "- It was not made safe for anybody's use. It is made to be studied."


def licence(known: Facts) -> str:
    """Whose it is."""
    if known.config.base:
        return f"That of {known.config.base}: see there. What minir1 adds is Apache-2.0."
    return "Apache-2.0, as the code that made it and all of its data."
