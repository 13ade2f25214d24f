# The two commands are `make report` and `make test`; README.md gives what stands behind them.
# DATA=PATH reports on your own faces, e.g. `make report DATA=~/fer2013.zip`, MODEL=net.py:Net on
# your own network, RUN=FOLDER on a run of yours.

BIN := .venv/bin
READY := .venv/.ready

# What the user gives goes to the shell as a variable and in quotes: no name of a file is a command,
# to make neither.
GIVEN := DATA MODEL RUN OUT AUTHOR EPOCHS SEED PYTHON
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
ifeq ($(filter-out embedded,$(DATA))$(MODEL)$(RUN)$(OUT),)
override OUT := _build/report
endif
export $(GIVEN)

.DEFAULT_GOAL := report
.PHONY: report test bench refresh handin pdf faults clean

# On Linux without an NVIDIA card torch's CPU build comes first, for it is much smaller; where its
# index is out of reach, the next line installs the default build.
$(READY): requirements.txt constraints.txt pyproject.toml
	@"$${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11, 5))' || { \
		echo "error: Python 3.11.5 or newer is needed; name yours: make PYTHON=python3.12" >&2; exit 1; }
	@echo "installing the packages into .venv: some minutes" >&2
	@test "$$($(BIN)/python -V 2>&1)" = "$$("$${PYTHON:-python3}" -V 2>&1)" || \
		"$${PYTHON:-python3}" -m venv --clear .venv
	@test "$$(uname)" != Linux || command -v nvidia-smi >/dev/null || $(BIN)/python -m pip install \
		--quiet --no-deps --retries 0 --index-url https://download.pytorch.org/whl/cpu \
		"$$(grep ^torch== requirements.txt)" 2>/dev/null || true
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

REPORT = $(BIN)/python -m fer_lib report $${DATA:+--data="$$DATA"} $${OUT:+--out="$$OUT"} \
	$${MODEL:+--model="$$MODEL"} $${RUN:+--run="$$RUN"} \
	$${EPOCHS:+--epochs="$$EPOCHS"} $${SEED:+--seed="$$SEED"} $${AUTHOR:+--author="$$AUTHOR"}

report: $(READY)
	@$(REPORT)

# what is given in: one PDF of at most 12 pages; `make pdf` prints the whole book
handin: $(READY)
	@$(REPORT) --handin

pdf: $(READY)
	@$(REPORT) --pdf

# the tests take a process a core, each of one thread; a file stays in one process, and the
# notebooks come first, for one of them is as long as half of all the rest. A graphics card is
# hidden, for equal bytes are promised on a CPU only; its own test is
# tests/training/acceleration/test_cuda_graph.py
TEST = OMP_NUM_THREADS=1 CUDA_VISIBLE_DEVICES= $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
NBVAL = --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg

test: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/ty check
	$(BIN)/python -m fer_lib train --model shallow && $(BIN)/python -m fer_lib train --model deep
	$(TEST) $(NBVAL) -m "not slow" book tests

bench: $(READY)
	for script in $(filter-out %quantus_agreement.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# every fault, the slow ones too; the table that it ends with is shown by the book
faults: $(READY)
	FAULTS=book/results/faults.md $(TEST) tests/faults --ignore=tests/faults/test_table.py

# the stored results of longer runs that are missing; then each page
refresh: $(READY)
	$(BIN)/python experiments/seeds.py && $(BIN)/python experiments/saliency_grade.py
	$(BIN)/python experiments/claims.py
	$(BIN)/python -m fer_lib refresh

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
