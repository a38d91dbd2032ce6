// swift-tools-version: 6.2
import PackageDescription

// Dependencies point down only; `swift build --explicit-target-dependency-import-check error`
// holds the direction. docs/architecture.md says what each target is for.

/// A library target of this package.
func library(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency] = [])
  -> Target
{
  .target(name: name, dependencies: dependencies, path: path)
}

/// The tests of a target, in `Tests/<target>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies)
}

let package = Package(
  name: "analyze",
  products: [.executable(name: "analyze", targets: ["analyze"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Bytes
    library("CDigests"),
    library("CFaults"),
    library("ByteIO", ["CDigests", "CFaults"]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    library("CZstd"),
    library("WireFormats", ["ByteIO", "CZlib", "CZstd"]),

    // Numbers
    library("CKernels"),
    library("Kernels", ["CKernels"]),
    .executableTarget(name: "KernelBench", dependencies: ["Kernels"]),

    // Models
    library("ModelIR", ["ByteIO"]),
    library("Operators", ["ByteIO", "ModelIR"]),
    library("FormatTFLite", path: "Sources/Formats/TFLite", ["ByteIO", "ModelIR", "WireFormats"]),
    library("FormatONNX", path: "Sources/Formats/ONNX", ["ByteIO", "ModelIR", "WireFormats"]),
    library("FormatKeras", path: "Sources/Formats/Keras", ["ByteIO", "ModelIR", "WireFormats"]),
    library(
      "FormatTensorFlow",
      path: "Sources/Formats/TensorFlow",
      ["ByteIO", "ModelIR", "WireFormats"]
    ),

    // Targets
    library("CRules"),
    library("TargetRules", ["ByteIO", "CRules", "ModelIR", "WireFormats"]),

    // Analyses
    library("CStatistics"),
    library(
      "Profiling",
      ["ByteIO", "CStatistics", "ModelIR", "Operators", "TargetRules", "WireFormats"]
    ),
    library("Differences", ["ByteIO", "ModelIR", "Profiling", "WireFormats"]),
    library("Gate", ["ByteIO", "Differences", "Profiling", "WireFormats"]),
    library("Execution", ["ByteIO", "Kernels", "ModelIR", "Operators", "WireFormats"]),
    .executableTarget(
      name: "EngineBench",
      dependencies: [
        "ByteIO", "Execution", "FormatONNX", "FormatTFLite", "Kernels", "ModelIR", "Operators",
      ]
    ),
    library("CImages"),
    library(
      "Calibration",
      ["ByteIO", "CImages", "Execution", "Kernels", "ModelIR", "Operators", "WireFormats"]
    ),
    library(
      "Techniques",
      ["ByteIO", "Calibration", "Execution", "Kernels", "ModelIR", "Operators"]
    ),

    library("CCbc"),
    library(
      "Planning",
      [
        "ByteIO", "CCbc", "CRules", "Calibration", "Execution", "Kernels", "ModelIR", "Operators",
        "Profiling", "Sensitivity", "TargetRules", "Techniques", "WireFormats",
      ]
    ),
    .executableTarget(name: "PlanBench", dependencies: ["Planning"]),
    library(
      "Sensitivity",
      ["ByteIO", "Calibration", "Execution", "Kernels", "ModelIR", "Operators", "Techniques"]
    ),

    .executableTarget(
      name: "SweepBench",
      dependencies: [
        "ByteIO", "Calibration", "Execution", "FormatKeras", "FormatONNX", "FormatTFLite",
        "Kernels", "ModelIR", "Operators", "Sensitivity", "Techniques",
      ]
    ),

    // Results
    library("CGraphviz"),
    library("Diagrams", ["ByteIO", "CGraphviz", "Differences", "ModelIR", "Profiling"]),
    library("CTemplates"),
    library("CIsolation"),
    library(
      "Reports",
      [
        "ByteIO", "CTemplates", "Differences", "Gate", "ModelIR", "Operators", "Planning",
        "Profiling", "Sensitivity", "TargetRules", "WireFormats",
      ]
    ),
    library(
      "AnalyzeCommands",
      [
        "ByteIO", "CFaults", "CIsolation", "Calibration", "Diagrams", "Differences", "Execution",
        "FormatKeras", "FormatONNX", "FormatTFLite", "FormatTensorFlow", "Gate", "Kernels",
        "ModelIR", "Operators", "Planning", "Profiling", "Reports", "Sensitivity", "TargetRules",
        "Techniques", "WireFormats",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .executableTarget(name: "analyze", dependencies: ["AnalyzeCommands"]),

    // What the fuzzer feeds; the tests replay its seeds and findings.
    library("FuzzSupport", path: "Fuzz/Support", ["ByteIO"]),
    library("FuzzWire", path: "Fuzz/Wire", ["ByteIO", "FuzzSupport", "WireFormats"]),
    library(
      "FuzzFormats",
      path: "Fuzz/Formats",
      [
        "ByteIO", "FormatKeras", "FormatONNX", "FormatTFLite", "FormatTensorFlow", "FuzzSupport",
        "ModelIR", "WireFormats",
      ]
    ),
    library(
      "FuzzDecoders",
      path: "Fuzz/Decoders",
      [
        "ByteIO", "Calibration", "Differences", "FuzzSupport", "Gate", "Planning", "TargetRules",
        "WireFormats",
      ]
    ),
    library(
      "FuzzPipeline",
      path: "Fuzz/Pipeline",
      [
        "AnalyzeCommands", "ByteIO", "Diagrams", "Differences", "Execution", "FormatKeras",
        "FormatONNX", "FormatTFLite", "FormatTensorFlow", "FuzzSupport", "Kernels", "ModelIR",
        "Operators", "Profiling", "Reports", "WireFormats",
      ]
    ),

    // Tests
    library("TestSupport", path: "Tests/Support", ["ByteIO"]),
    tests("ByteIO", ["TestSupport"]),
    tests("Kernels"),
    tests("ModelIR", ["ByteIO"]),
    tests("Operators", ["ModelIR"]),
    .testTarget(
      name: "WireFormatsTests",
      dependencies: ["ByteIO", "TestSupport", "WireFormats"],
      exclude: ["Fixtures"]
    ),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "ByteIO", "Execution", "FormatONNX", "FormatTFLite", "ModelIR", "Operators",
        "TestSupport", "WireFormats",
      ],
      exclude: ["Snapshots"]
    ),
    .testTarget(
      name: "GoldenTests",
      dependencies: [
        "ByteIO", "Execution", "FormatKeras", "FormatONNX", "FormatTFLite", "FormatTensorFlow",
        "ModelIR", "Operators", "Profiling", "TestSupport", "WireFormats",
      ]
    ),
    .testTarget(
      name: "ExecutionTests",
      dependencies: [
        "ByteIO", "Execution", "FormatONNX", "FormatTFLite", "Kernels", "ModelIR", "Operators",
        "TestSupport", "WireFormats",
      ],
      exclude: ["Fixtures"]
    ),
    .testTarget(
      name: "CalibrationTests",
      dependencies: [
        "ByteIO", "Calibration", "Execution", "FormatTFLite", "Kernels", "ModelIR", "Operators",
        "TestSupport", "WireFormats",
      ],
      exclude: ["Fixtures"]
    ),
    tests(
      "Techniques",
      [
        "ByteIO", "Calibration", "Execution", "FormatKeras", "FormatONNX", "FormatTFLite",
        "FormatTensorFlow", "Kernels", "ModelIR", "Operators", "TestSupport", "WireFormats",
      ]
    ),
    tests(
      "Planning",
      [
        "ByteIO", "Calibration", "Execution", "FormatONNX", "FormatTFLite", "FormatTensorFlow",
        "Kernels", "ModelIR", "Operators", "Profiling", "Sensitivity", "TargetRules", "Techniques",
        "TestSupport", "WireFormats",
      ]
    ),
    tests(
      "Sensitivity",
      [
        "ByteIO", "Calibration", "Execution", "FormatKeras", "FormatTFLite", "Kernels", "ModelIR",
        "Operators", "Techniques", "TestSupport",
      ]
    ),
    tests("FormatTFLite", ["ByteIO", "ModelIR", "TestSupport", "WireFormats"]),
    tests("FormatONNX", ["ByteIO", "ModelIR", "TestSupport"]),
    .testTarget(
      name: "FormatKerasTests",
      dependencies: [
        "ByteIO", "Execution", "FormatKeras", "ModelIR", "Operators", "Profiling", "TestSupport",
        "WireFormats",
      ],
      exclude: ["Fixtures"]
    ),
    .testTarget(
      name: "FormatTensorFlowTests",
      dependencies: [
        "ByteIO", "Execution", "FormatONNX", "FormatTFLite", "FormatTensorFlow", "ModelIR",
        "Operators", "Profiling", "TestSupport", "WireFormats",
      ],
      exclude: ["Fixtures"]
    ),
    tests(
      "Profiling",
      [
        "ByteIO", "CStatistics", "FormatKeras", "FormatONNX", "FormatTFLite", "ModelIR",
        "Operators", "TargetRules", "TestSupport",
      ]
    ),
    tests(
      "Differences",
      ["ByteIO", "FormatONNX", "ModelIR", "Profiling", "TestSupport", "WireFormats"]
    ),
    tests("Gate", ["ByteIO", "Differences", "TestSupport", "WireFormats"]),
    tests("Diagrams", ["ByteIO", "FormatONNX", "ModelIR", "Profiling", "TestSupport"]),
    tests(
      "Reports",
      ["Differences", "ModelIR", "Operators", "Planning", "Profiling", "WireFormats"]
    ),
    .testTarget(
      name: "TargetRulesTests",
      dependencies: [
        "ByteIO", "FormatKeras", "FormatONNX", "FormatTFLite", "FormatTensorFlow", "ModelIR",
        "Operators", "Profiling", "TargetRules", "TestSupport", "WireFormats",
      ],
      exclude: ["Snapshots"]
    ),
    tests("AnalyzeCommands", ["ByteIO", "CFaults", "TestSupport", "analyze"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "ByteIO", "Calibration", "Differences", "Execution", "FormatKeras", "FormatTensorFlow",
        "FuzzDecoders", "FuzzFormats", "FuzzPipeline", "FuzzSupport", "FuzzWire", "Gate", "ModelIR",
        "Planning", "TargetRules", "TestSupport", "WireFormats",
      ],
      exclude: ["Fixtures"]
    ),
  ],
  swiftLanguageModes: [.v6]
)

// libFuzzer brings its own `main`: `make fuzz` alone builds these, with sanitizers.
if Context.environment["ANALYZE_FUZZ"] == "1" {
  for name in ["Wire", "Formats", "Decoders", "Pipeline"] {
    package.products.append(.executable(name: "fuzz-\(name.lowercased())", targets: ["Run\(name)"]))
    package.targets.append(
      .executableTarget(
        name: "Run\(name)",
        dependencies: ["FuzzSupport", .init(stringLiteral: "Fuzz\(name)")],
        path: "Fuzz/Entry/\(name)",
        swiftSettings: [.unsafeFlags(["-parse-as-library"])]
      )
    )
  }
}

// In CI a warning is an error; on a desk a newer compiler's warning should not stop anyone.
if Context.environment["CI"] == "true" {
  for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}

// A quick turn while working: `ANALYZE_TESTS=ByteIOTests,ModelIRTests swift build --build-tests`.
if let chosen = Context.environment["ANALYZE_TESTS"]?.split(separator: ",") {
  package.targets.removeAll { $0.type == .test && !chosen.contains($0.name[...]) }
}
