PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
export OMP_NUM_THREADS ?= 1

# Where it is set each process of a test compiles every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo serve test test-slow lint format bench reproduce lock clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[train,fast,plot,arrow,test]'
	$(BIN)/python -c 'from worker.warm_up import warm_up; warm_up("cpu")'
	touch $@

demo: install
	$(BIN)/groklab demo --out demo.png

serve: install
	$(BIN)/groklab up

test: install
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-slow: install
	$(BIN)/python -m pytest -m slow

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	$(BIN)/python -m bench --write docs/performance.md

reproduce: install
	$(BIN)/python -m bench.reproduction --write docs/reproduction.md

# Versions without local suffixes, so that any build of a release satisfies them.
lock: install
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+[^ ]*$$//' > requirements.lock

clean:
	rm -rf .venv *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis demo.png
