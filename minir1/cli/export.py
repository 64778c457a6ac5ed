"""`minir1 export RUN FOLDER`: a run's model in Hugging Face's format."""

from pathlib import Path

from minir1.run.home import find_run


def main(run: Path, folder: Path, *, checkpoint: str | None = None) -> int:
    """Write a run's newest model for transformers, vLLM and others to load.

    Args:
        run: the run's folder, or its name in runs/
        folder: a new folder for the model
        checkpoint: a folder in the run's checkpoints/, such as best/zero-000040
    """
    found = find_run(run)
    from minir1.model import hub
    from minir1.run.models import last_model

    _, model, _ = last_model(found, checkpoint)
    print(f"The model: {hub.save(model, folder).resolve()}")
    return 0
