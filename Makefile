# `make demo` and `make test` are all a person needs; each installs what is missing by itself.

BUILD := .build-release
RELEASE := swift build -c release --scratch-path $(BUILD)
# Tests run optimised, and some look at internals.
TEST_BUILD := .build-tests
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path $(TEST_BUILD)
# Swift's runtime keeps memory for ever that the leak checker would list.
SANITIZE_FLAGS := -c release -Xswiftc -enable-testing --sanitize=address --scratch-path .build-sanitize
# All but the tests that start the program: its limits of address space leave no room for the sanitizer.
empty :=
space := $(empty) $(empty)
comma := ,
SANITIZED ?= $(subst $(space),$(comma),$(filter-out AnalyzeCommandsTests,$(notdir $(wildcard Tests/*Tests))))
RACING ?= ExecutionTests,KernelsTests,SensitivityTests,CalibrationTests
THREAD_FLAGS := -c release -Xswiftc -enable-testing --sanitize=thread --scratch-path .build-thread
# What looks at the process's own memory would see the sanitizer's.
UNMEASURED := --skip SweepMemoryTests
# The program that was built with the tests.
TESTED := $(CURDIR)/$(TEST_BUILD)/release/analyze
TARGET ?= onnx
SECONDS ?= 60
FUZZ_SECONDS ?= 20
COUNT ?= 20000
# 0: fewer repetitions.
FAULTS_THOROUGH ?= 1
SEED ?= 1
ORACLES := .build-oracles
# One program without Swift libraries beside it: the linker's remark about mktemp is Foundation's.
STATIC := --static-swift-stdlib

.PHONY: build demo test sanitize sanitize-thread fuzz fuzz-smoke faults mutants coverage \
  mutation-test lint oracles bench gallery page-check recipes-check xception-check format clean \
  dependencies snapshots

build: dependencies ## The program: .build-release/release/analyze
	$(RELEASE) $(STATIC) --product analyze

demo: build ## Runs the tool on the example; its files are left in reports/
	Scripts/demo.sh $(BUILD)/release/analyze reports

test: dependencies lint oracles ## Everything that CI checks
	swift build $(TEST_FLAGS) --build-tests --explicit-target-dependency-import-check error
	swift test $(TEST_FLAGS) --skip-build

sanitize: dependencies oracles ## The tests with every memory access checked
	ANALYZE_TESTS=$(SANITIZED) swift build $(SANITIZE_FLAGS) --product analyzePackageTests
	ANALYZE_TESTS=$(SANITIZED) ASAN_OPTIONS=detect_leaks=0 \
	  swift test $(SANITIZE_FLAGS) --skip-build $(UNMEASURED)

sanitize-thread: dependencies oracles ## The engine and a sweep with every race reported
	ANALYZE_TESTS=$(RACING) swift build $(THREAD_FLAGS) --product analyzePackageTests
	ANALYZE_TESTS=$(RACING) TSAN_OPTIONS=halt_on_error=1 \
	  swift test $(THREAD_FLAGS) --skip-build $(UNMEASURED)

fuzz: dependencies ## One target for a while: make fuzz TARGET=onnx SECONDS=3600
	Scripts/fuzz.sh build $$(Scripts/fuzz.sh program $(TARGET))
	Scripts/fuzz.sh run $(TARGET) $(SECONDS)

fuzz-smoke: dependencies ## Every target for FUZZ_SECONDS
	Scripts/fuzz.sh build
	Scripts/fuzz.sh smoke $(FUZZ_SECONDS)

faults: ## Full disks, failing calls, kills, limits: the program of `make test`
	cd Tests/Faults && ANALYZE=$(TESTED) FAULTS_THOROUGH=$(FAULTS_THOROUGH) python3 -m unittest -v

mutants: ## Damaged models through the program: make mutants COUNT=20000 SEED=1
	ANALYZE=$(TESTED) Tests/Faults/mutants.py --count $(COUNT) --seed $(SEED)

coverage: dependencies ## Lines of each reader that the seeds and the fuzzer's corpus reach
	Scripts/coverage.sh

mutation-test: dependencies ## Bounds checks left out one at a time: do the tests notice?
	Scripts/mutation-test.py

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Fuzz

format:
	swift format format --in-place --recursive Package.swift Sources Tests Fuzz

snapshots: dependencies oracles ## Rewrites the golden outputs; read the difference as code
	-UPDATE_SNAPSHOTS=1 swift test $(TEST_FLAGS)

oracles: ## The standard's own node tests, from PyPI
	Scripts/oracles.sh $(ORACLES)

bench: build ## The figures of docs/benchmarks.md, as ratios in one run
	Benchmarks/run.sh $(BUILD)/release/analyze $(ORACLES)
	$(RELEASE) $(STATIC) --product EngineBench
	Benchmarks/engine.sh $(BUILD)/release/EngineBench $(ORACLES)

gallery: build ## The pictures of reports/examples/graphs
	Scripts/gallery.sh $(BUILD)/release/analyze reports/examples/graphs

page-check: build ## Drives pages in Chromium; apart from `test`, for Chromium is large
	Scripts/page-check.sh $(BUILD)/release/analyze $(ORACLES)-page

recipes-check: build ## Runs the recipes of plans with the tools from PyPI
	Scripts/recipes-check.sh $(BUILD)/release/analyze .build-recipes

xception-check: build ## What is foreseen of Xception against TensorFlow Lite's converter
	Scripts/xception-check.sh $(BUILD)/release/analyze .build-xception

dependencies:
	@Scripts/dependencies.sh

clean:
	rm -rf .build .build-*
