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
    library("WireFormats", ["ByteIO", "CZlib"]),

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
    .target(
      name: "CImages",
      linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("z")]
    ),
    library(
      "Calibration",
      ["ByteIO", "CImages", "Execution", "Kernels", "ModelIR", "Operators", "WireFormats"]
    ),
    library(
      "Techniques",
      ["ByteIO", "Calibration", "Execution", "Kernels", "ModelIR", "Operators"]
    ),

    .target(name: "CCbc", linkerSettings: [.linkedLibrary("CbcSolver")]),
    library(
      "Planning",
      [
        "ByteIO", "CCbc", "CRules", "Calibration", "ModelIR", "Operators", "Profiling",
        "TargetRules", "Techniques", "WireFormats",
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
        "ByteIO", "CFaults", "Calibration", "Diagrams", "Differences", "Execution",
        "FormatKeras", "FormatONNX", "FormatTFLite", "FormatTensorFlow", "Gate", "Kernels",
        "ModelIR", "Operators", "Planning", "Profiling", "Reports", "Sensitivity", "TargetRules",
        "Techniques", "WireFormats",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .executableTarget(name: "analyze", dependencies: ["AnalyzeCommands"]),

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
        "ByteIO", "FormatTFLite", "ModelIR", "Operators", "Profiling", "TargetRules", "Techniques",
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
    tests("Reports", ["Differences", "ModelIR", "Operators", "Profiling", "WireFormats"]),
    .testTarget(
      name: "TargetRulesTests",
      dependencies: [
        "ByteIO", "FormatONNX", "FormatTFLite", "ModelIR", "Operators", "Profiling", "TargetRules",
        "TestSupport", "WireFormats",
      ],
      exclude: ["Snapshots"]
    ),
    tests("AnalyzeCommands", ["ByteIO", "CFaults", "TestSupport", "analyze"]),
  ],
  swiftLanguageModes: [.v6]
)

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
