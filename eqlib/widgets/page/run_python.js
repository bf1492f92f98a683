// A run as lines of Python that repeat it with eqlib: the same in all but the random numbers drawn.

const VALIDATIONS = 8; // of a stage, as in learner.js

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
  ];
  const fit = (name, amount) => [
    `recipe = Recipe(learning_rate=${learningRate}, batch=${batch}, warmup_steps=30, validate_every=${Math.max(1, Math.round(amount / VALIDATIONS))})`,
    `history = eqlib.${name}(net, pairs, validation, steps=${amount}, recipe=recipe, seed=${seed})`,
  ];
  if (pretrainSteps) lines.push(...fit("pretrain", pretrainSteps));
  lines.push(...fit("train", steps));
  return `${lines.join("\n")}\n`;
}
