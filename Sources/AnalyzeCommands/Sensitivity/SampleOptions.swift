import ArgumentParser

/// What the samples of `--calibration` are.
struct SampleOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("The samples' classes: .npy, or text with one a line.", valueName: "PATH")
  )
  var labels: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is done to stored samples: scale=1/255,offset=0,…, or a JSON5 file.",
      valueName: "STEPS"
    )
  )
  var preprocess: String?
}
