# Everything a person or the CI does with the project; needs only Python 3.11 or newer and make.
# `make` alone lists the targets.

PYTHON ?= python3
YEAR ?= 2026

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEMO := data/demo
DEMO_MADE := $(DEMO)/.made
DEMO_SOURCES := $(shell find pipeline/synthetic -name '*.py' 2>/dev/null) $(wildcard pipeline/resources/reference/*)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run demo check test test-slow bench bench-prediction audit lock wheel sbom clean

# Without bytecode every start of Python would compile its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make run        — учебный регион: мониторинг, перечень, причины, поддержка (при первом запуске установка, 2-3 минуты)"
	@echo "make check      — проверка кода: стиль, типы, зависимости модулей"
	@echo "make test       — быстрые тесты (до 3 минут)"
	@echo "make test-slow  — долгие тесты: сбои, браузер, свойства на большем числе случайных данных"
	@echo "make bench      — замеры скорости и памяти"
	@echo "make bench-prediction — насколько перечни предсказывают следующий год: docs/prediction.md"
	@echo "make audit      — известные уязвимости библиотек (нужна сеть)"
	@echo "make lock       — пересобрать requirements.lock (нужна сеть)"
	@echo "make wheel      — пакет для установки без исходников: dist/*.whl"
	@echo "make sbom       — опись состава (CycloneDX) из requirements.lock: dist/shnro.cdx.json (нужна сеть)"
	@echo "make clean      — удалить всё созданное, кроме ваших данных"

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Нужен Python 3.11 или новее, а «$(PYTHON)» — это $$($(PYTHON) --version 2>&1 | head -1)." >&2; \
		echo "Укажите другой: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
		echo "Python 3.11 or newer is needed; name another one with PYTHON=…" >&2; exit 1; }
	@echo "Установка: окружение $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
		echo "Не удалось создать окружение: в этой системе у Python нет модулей venv и ensurepip." >&2; \
		echo "Debian, Ubuntu, Astra: apt install python3-venv; затем повторите команду." >&2; \
		echo "Python's venv and ensurepip are missing; on Debian: apt install python3-venv" >&2; \
		rm -rf $(VENV); exit 1; }
	@echo "Установка: библиотеки из requirements.lock"
	@# The lock is whole: nothing is left to resolve. (Given the choice, pip 23 takes the newest of a package asked for with
	@# extras, whatever the lock says, and then misses its hash.)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip check -qq --disable-pip-version-check
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Some packages ship templates that are no valid Python; they cannot be compiled and need not be.
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib pipeline flows || true
	@touch $@

demo: $(DEMO_MADE)

$(DEMO_MADE): $(INSTALLED) $(DEMO_SOURCES)
	@echo "Учебный регион: $(DEMO)"
	@$(BIN)/shnro demo $(DEMO)
	@touch $@

run: $(DEMO_MADE)
	@echo "Мониторинг $(YEAR)"
	@$(BIN)/shnro monitor --data $(DEMO) --year $(YEAR)
	@echo "Выявление школ $(YEAR)"
	@$(BIN)/shnro identify --data $(DEMO) --year $(YEAR)
	@echo "Причины $(YEAR)"
	@$(BIN)/shnro causes build --data $(DEMO) --year $(YEAR)
	@echo "Приказы $(YEAR)"
	@test -e $(DEMO)/decisions/orders/$(YEAR)-list-01/seal.json || $(BIN)/shnro order draft --data $(DEMO) --year $(YEAR)
	@$(BIN)/shnro order show --data $(DEMO)
	@echo "Поддержка $(YEAR): июнь и ноябрь"
	@$(BIN)/shnro support programmes --data $(DEMO) --year $(YEAR) --draft
	@# A school answers the register of causes, which has just been computed.
	@$(BIN)/python -m pipeline.synthetic.write_programmes $(DEMO) $(YEAR)
	@$(BIN)/shnro support build --data $(DEMO) --year $(YEAR) --period june
	@$(BIN)/shnro support build --data $(DEMO) --year $(YEAR) --period november
	@echo "Веб-отчёт $(YEAR)"
	@$(BIN)/shnro site --data $(DEMO) --year $(YEAR)
	@$(BIN)/shnro open --data $(DEMO) --year $(YEAR)
	@echo "Результаты: $(DEMO)/published/"

# The hooks of a commit are the checks of the CI; without a git checkout (an archive) the same tools run by themselves.
check: $(INSTALLED)
	@if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then \
		PRE_COMMIT_HOME=$(CURDIR)/$(VENV)/pre-commit $(BIN)/pre-commit run --all-files; \
	else \
		$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports; \
	fi

# In the CI the same tests also hold the gate of coverage; at a desk they should be quick.
test: $(INSTALLED)
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(if $(CI),--cov --cov-report=term)

# Properties are tried here on eight times as many examples as in `make test`.
test-slow: $(INSTALLED)
	@SHNRO_DEPTH=4 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "slow or hypothesis"

bench: $(DEMO_MADE)
	@for script in $(filter-out benchmarks/prediction%,$(wildcard benchmarks/[a-z]*.py)); do \
		echo "$$script"; $(BIN)/python $$script || exit 1; done

# Rolling origin on the panels beside the checkout and on made-up regions; writes docs/prediction.md.
bench-prediction: $(INSTALLED)
	@$(BIN)/python benchmarks/prediction.py

# Known vulnerabilities of what is locked. Strict: a package that the service does not know is told, not passed over.
audit:
	@$(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install -q --disable-pip-version-check pip-audit
	@$(VENV)-audit/bin/pip-audit --strict --no-deps --disable-pip -r requirements.lock || { \
		echo "Проверка не пройдена: найдены уязвимости или служба сведений о них недоступна (см. выше)." >&2; \
		rm -rf $(VENV)-audit; exit 1; }
	@rm -rf $(VENV)-audit

# Hashes for every platform and Python from 3.11 on; no address of an index gets into the file.
lock:
	@$(PYTHON) -m venv $(VENV)-lock
	@$(VENV)-lock/bin/python -m pip install -q --disable-pip-version-check uv
	@$(VENV)-lock/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --no-strip-extras --group dev pyproject.toml -o requirements.lock
	@rm -rf $(VENV)-lock

wheel: $(INSTALLED)
	@$(BIN)/python -m hatchling build -t wheel -d dist

# What the lock has, with hashes, for every platform; the standard tool of the format, in an environment of its own.
sbom:
	@$(PYTHON) -m venv $(VENV)-sbom
	@$(VENV)-sbom/bin/python -m pip install -q --disable-pip-version-check cyclonedx-bom
	@mkdir -p dist
	@PYTHONWARNINGS=ignore $(VENV)-sbom/bin/cyclonedx-py requirements --output-reproducible --of JSON \
		--pyproject pyproject.toml -o dist/shnro.cdx.json requirements.lock
	@rm -rf $(VENV)-sbom
	@echo "dist/shnro.cdx.json"

clean:
	@rm -rf $(VENV) $(VENV)-sbom $(VENV)-lock $(VENV)-audit $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache \
		.coverage .coverage.* htmlcov dist build
	@find pipeline flows tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
