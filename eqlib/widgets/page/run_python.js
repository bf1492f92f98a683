// A run as lines of Python that repeat it with eqlib.

/**
 * @param {string} target the line that makes the equalizer, such as "EQ.flat()"
 * @param {import("./run_link.js").RUN} run
 * @param {number} batch frames in a step
 */
export function runPython(target, { filters, steps, learningRate, pretrainSteps, seed }, batch) {
  const lines = [
    "import eqlib",
    "from eqlib import EQ, EQNet, EQNetConfig, Recipe, data",
    "",
    `target = ${target}`,
    'notes = data.load(instrument="piano", split="train")[::3]  # those that the page has',
    'pairs = eqlib.pair(notes, target)',
    'validation = eqlib.pair(data.load(instrument="piano", split="validation"), target)',
    `net = EQNet(EQNetConfig(filters=${filters}), seed=${seed})`,
    `recipe = Recipe(learning_rate=${learningRate}, batch=${batch}, warmup_steps=30, validate_every=50)`,
  ];
  if (pretrainSteps) lines.push(`eqlib.pretrain(net, pairs, validation, steps=${pretrainSteps}, recipe=recipe, seed=${seed})`);
  lines.push(`history = eqlib.train(net, pairs, validation, steps=${steps}, recipe=recipe, seed=${seed})`);
  return `${lines.join("\n")}\n`;
}
