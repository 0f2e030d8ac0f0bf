# SPDX-License-Identifier: MIT
# Each target does its own set-up; a second call finds it done.

PYTHON	?= python3
MNT	?= mnt
BIN	:= .venv/bin

.PHONY: help setup image ppc32 mount umount run shell test mutants check conformance bench clean
.DEFAULT_GOAL := help

help:
	@echo 'make mount    mount the tracing directory of an emulated kernel on ./$(MNT)'
	@echo 'make umount   unmount it'
	@echo 'make shell    mount it and open a shell there'
	@echo 'make run CMD="trace-cmd list -t"'
	@echo '              run a command that sees it as /sys/kernel/tracing'
	@echo 'make test     run all tests'
	@echo 'make mutants  break each of the 28 changes on purpose, and say which test notices'
	@echo 'make check    lint, types, layers and compiler warnings'
	@echo 'make conformance'
	@echo '              run the kernel'\''s own test suite, and the transcripts of a real kernel'
	@echo 'make bench    measure, into bench.json'
	@echo 'make clean    remove all that make made'

setup: .stamps/venv

.stamps/system: tools/install-system-packages.sh
	@PYTHON='$(PYTHON)' tools/install-system-packages.sh
	@mkdir -p $(@D) && touch $@

.stamps/venv: pyproject.toml .stamps/system
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
		--config-settings editable_mode=compat --editable '.[dev]'
	@touch $@

# A start would compile all of it where Python is told not to keep bytecode (PYTHONDONTWRITEBYTECODE).
.stamps/bytecode: .stamps/venv $(wildcard tracefs/*.py tracefs/*/*.py tracefs/*/*/*.py)
	@$(BIN)/python -m compileall -qq tracefs
	@touch $@

image: .stamps/system
	@$(MAKE) --silent -j$$(nproc) -C kernel_image

# The tests' third architecture; not part of a wheel.
ppc32: setup
	@tools/install-system-packages.sh tests || true
	@$(MAKE) --silent -j$$(nproc) -C kernel_image ppc32 PYTHON='$(abspath $(BIN))/python'

mount: setup image .stamps/bytecode
	@mkdir -p $(MNT)
	@if mountpoint -q $(MNT); then echo '$(MNT) is mounted already.'; else $(BIN)/tracefs mount $(MNT); fi
	@echo 'Now type, for example:'
	@echo '  echo function > $(MNT)/current_tracer    trace every function of the emulated kernel'
	@echo '  head -20 $(MNT)/trace                    see which ran'
	@echo '  echo "vfs_*" > $(MNT)/set_ftrace_filter  only these functions'
	@echo '  make umount                           when you are done'

umount: setup
	@if mountpoint -q $(MNT); then $(BIN)/tracefs umount $(MNT); else echo '$(MNT) is not mounted.'; fi

shell: mount
	@cd $(MNT) && exec bash

run: setup image .stamps/bytecode
	@$(BIN)/tracefs run -- $(CMD)

test: setup image ppc32
	@$(BIN)/python -m pytest -n auto

mutants: setup image ppc32
	@$(BIN)/python -m tests.seeds.mutants -n auto

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --silent -j$$(nproc) -C kernel_image CC='$(CC) -Werror' PYTHON='$(abspath $(BIN))/python' all ppc32 sites

conformance: setup image
	@$(BIN)/python -m pytest -q -n auto tests/conformance
	@$(BIN)/python -m tests.conformance.ftracetest

bench: setup image
	@$(MAKE) --silent -j$$(nproc) -C kernel_image plain
	@$(BIN)/python -m bench --json bench.json

clean:
	@if mountpoint -q $(MNT); then $(BIN)/tracefs umount $(MNT); fi
	@$(MAKE) --silent -C kernel_image clean
	rm -rf .stamps .venv build dist bench.json tracefs.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find tracefs -name __pycache__ -prune -exec rm -r {} +
	@rmdir $(MNT) 2>/dev/null || true
