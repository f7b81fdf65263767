/** `descry`: the command line of Descry. This file declares commands and options; electron/cli/ implements them. */
import path from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { withDashSentences } from './cli/dash-sentences.ts';
import type { EvaluateOptions } from './cli/evaluate-command.ts';
import type { SearchCommand } from './cli/search-command.ts';
import {
  exitCodes,
  withLibrary,
  withoutLibrary,
  type CommonOptions,
  type DamagePolicy,
  type Session,
} from './cli/session.ts';
import { precisions } from './ipc/limits.ts';
import { claimStandardOutput, standardOutput } from './cli/standard-output.ts';

claimStandardOutput();

const builtInModel = path.join(import.meta.dirname, '../models/pretrained/default.safetensors');

const program = new Command('descry')
  .description('Finds your own photos by describing them. Everything stays on this computer.')
  .version(packageJson.version)
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ writeOut: standardOutput })
  .exitOverride();

/** Runs a command with an open library. */
function run(
  command: (session: Session) => Promise<void>,
  options: CommonOptions,
  damage?: DamagePolicy,
): Promise<void> {
  return withLibrary(builtInModel, options, command, damage);
}

/** Options of a subcommand and its parent: an option that both have is parsed by the parent, wherever it is written. */
const allOptions = (command: Command) => command.optsWithGlobals<CommonOptions>();

function define(name: string, description: string, parent = program): Command {
  return parent
    .command(name)
    .description(description)
    .option('--home <dir>', 'folder of the library (default: DESCRY_HOME, else the usual place of this system)', named)
    .addOption(new Option('--engine <name>', 'what computes').choices(['onnx', 'tensorflow']))
    .addOption(
      new Option(
        '--precision <how>',
        'numbers of the network that looks at photos (default: the setting, else what a short trial finds fastest here)',
      ).choices(precisions),
    )
    .option('--json', 'answer for programs: JSON on standard output')
    .option('--verbose', 'details on standard error');
}

function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    const range = maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `from ${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}

function calendarDay(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // "2026-02-30" would be a day of March
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('It must be a day, such as 2026-11-26.');
}

/** An empty value is mostly a variable of a script that is not set: it must not mean the folder that one is in. */
function named(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

const collect = (value: string, before: string[] = []): string[] => [...before, named(value)];

interface IndexOptions {
  readonly retry?: boolean;
  readonly check?: boolean;
  readonly acceptMissing?: boolean;
}

const library = () => import('./cli/library-commands.ts');
const duplicates = () => import('./cli/duplicate-commands.ts');
const models = () => import('./cli/model-commands.ts');
const encoders = () => import('./cli/encoder-commands.ts');

define('index <folder...>', 'add photo folders to the library and index what is new in them')
  .option('--retry', 'try photos again that failed before')
  .option('--check', 'also read files again where the disk does not tell of edits that keep size and time')
  .option('--accept-missing', 'photos that are missing were deleted, however many they are: take them out')
  .action((folders: string[], options: CommonOptions & IndexOptions) =>
    run(async (session) => (await library()).index(folders, options, session), options, { rebuilds: true }),
  );

define('search [sentence]', 'rank your photos by how well the sentence describes them')
  .option('--folder <dir>', 'search in this folder only; one that is new is indexed first', named)
  .option('--top <n>', 'how many photos to show', wholeNumber(1, 1_000_000), 10)
  .option('--after <date>', 'photos after a date, a month or a year: --after 2015 begins 2016')
  .option('--before <date>', 'photos before a date, a month or a year: --before 2010 ends 2009')
  .option('--months <list>', 'months of any year: 6,7,8 or june,july')
  .option('--near <place>', 'photos in or near a town or region')
  .option('--country <name>', 'photos in a country, by name or code')
  .option('--camera <name>', 'a part of maker or model')
  .addOption(new Option('--kind <name>', 'only these').choices(['screenshot', 'panorama']))
  .option('--not <words>', 'what must not be seen; may be given several times', collect)
  .option(
    '--like <file>',
    'photos like this one, which need not be in the library; may be given several times',
    collect,
  )
  .addOption(new Option('--sort <order>', 'order of the photos').choices(['relevance', 'date']).default('relevance'))
  .option('--literal', 'take the whole sentence as a description')
  .option('--explain', 'with each photo its probability of a match and its score')
  .option(
    '--queries <file>',
    'one sentence a line, - for standard input; with --json one answer a line, in the same order',
    named,
  )
  .action((sentence: string | undefined, options: CommonOptions & SearchCommand, command: Command) => {
    const { after, before, months, near, country, camera, kind, folder, not, like, queries } = options;
    const limits = [after, before, months, near, country, camera, kind, folder, not, like, queries];
    if (sentence === undefined && limits.every((limit) => limit === undefined)) {
      command.error('error: name a sentence, or what to filter by');
    }
    if (sentence !== undefined && queries !== undefined) {
      command.error('error: name either a sentence or --queries');
    }
    return run(
      async (session) => (await import('./cli/search-command.ts')).search(sentence, options, session),
      options,
    );
  });

define('explain <sentence>', 'say what a sentence means, without searching')
  .option('--now <day>', 'the day it is asked, YYYY-MM-DD (default: today)', calendarDay)
  .option('--photo <file>', 'say also where in this indexed photo it matches', named)
  .action((sentence: string, options: CommonOptions & { now?: string; photo?: string }) => {
    const { photo } = options;
    return photo === undefined
      ? withoutLibrary(options, async (out) => (await import('./cli/explain.ts')).explain(sentence, options, out))
      : run(async (session) => (await import('./cli/explain.ts')).explainPhoto(sentence, photo, session), options);
  });

define('similar <file>', 'rank your photos by how much they are like a photo, which need not be in the library')
  .option('--folder <dir>', 'search in this folder only; one that is new is indexed first', named)
  .option('--top <n>', 'how many photos to show', wholeNumber(1, 1_000_000), 10)
  .action((file: string, options: CommonOptions & { folder?: string; top: number }) =>
    run(async (session) => (await duplicates()).similar(file, options, session), options),
  );

define('duplicates', 'list photos that the library has more than once, or nearly the same, with the space they take')
  .option('--folder <dir>', 'in this folder only; one that is new is indexed first', named)
  .action((options: CommonOptions & { folder?: string }) =>
    run(async (session) => (await duplicates()).duplicates(options, session), options),
  );

const folders = define('folders', 'list the folders of the library').action((options: CommonOptions) =>
  run(async (session) => (await library()).folders(session), options),
);
define('move <folder> <place>', 'take up a folder that was moved or renamed at its new place', folders).action(
  (folder: string, place: string, _: unknown, command: Command) =>
    run(async (session) => (await library()).moveFolderTo(folder, place, session), allOptions(command)),
);
define('remove <folder>', 'forget a folder; its photos are not touched', folders).action(
  (folder: string, _: unknown, command: Command) =>
    run(async (session) => (await library()).removeFolder(folder, session), allOptions(command)),
);

define('train', 'train a model on captioned photos in the layout of Flickr30K')
  .requiredOption('--dataset <dir...>', 'folder with photos and their captions; may be several', collect)
  .option('--photos <dir...>', 'folder of photos without captions; may be several', collect)
  .option(
    '--encoder <id>',
    'train on the photo features and sentences of this encoder (default: that of the model in use)',
    named,
  )
  .option('--recipe <name|file>', 'default, layers, seed, or a recipe file', 'default')
  .option('--epochs <n>', 'instead of what the recipe says', wholeNumber(1))
  .option('--seed <n>', 'of split, initial weights, batches and dropout', wholeNumber(0, 4_294_967_295), 1)
  .option('--name <id>', 'name of the new model')
  .option('--init <id>', 'start from this model instead of from nothing')
  .option('--captions <file>', 'captions without photos, to pre-train the text branch on')
  .option('--final', 'then train again on train and val together, for weights to give away')
  .option('--fresh', 'do not go on from the checkpoint of an interrupted run')
  .action((options: CommonOptions & Parameters<Awaited<ReturnType<typeof models>>['train']>[0]) =>
    run(async (session) => (await models()).train(options, session), options),
  );

define('evaluate', 'measure on captioned photos how well a model finds them by captions and by single words')
  .requiredOption(
    '--dataset <dir...>',
    'folder with photos and their captions; several are measured one by one',
    collect,
  )
  .addOption(new Option('--split <name>', 'which photos').choices(['train', 'val', 'test', 'all']).default('val'))
  .option('--model <id...>', 'default: the model in use; several are compared in one table', collect)
  .option('--relevance', 'also measure how well the relevance holds, fitted on half of the photos')
  .action((options: CommonOptions & EvaluateOptions) =>
    run(async (session) => (await import('./cli/evaluate-command.ts')).evaluate(options, session), options),
  );

const modelCommand = define('models', 'list the models').action((options: CommonOptions) =>
  run(async (session) => (await models()).listModels(session), options),
);
define('use <id>', 'search with this model from now on', modelCommand).action(
  (id: string, _: unknown, command: Command) =>
    run(async (session) => (await models()).useModel(id, session), allOptions(command)),
);
define('remove <id>', 'delete a model', modelCommand).action((id: string, _: unknown, command: Command) =>
  run(async (session) => (await models()).removeModel(id, session), allOptions(command)),
);
define('import <file>', 'add a model that was exported', modelCommand).action(
  (file: string, _: unknown, command: Command) =>
    run(async (session) => (await models()).importModel(file, session), allOptions(command)),
);
define('export <id> <file>', 'write a model to a file', modelCommand).action(
  (id: string, file: string, _: unknown, command: Command) =>
    run(async (session) => (await models()).exportModel(id, file, session), allOptions(command)),
);

const encoderCommand = define(
  'encoders',
  'list the encoders: what there is on this computer, and what can be added',
).action((options: CommonOptions) => run(async (session) => (await encoders()).listEncoders(session), options));
define('add <id|folder>', 'fetch an encoder, or copy one from a folder, and try it out', encoderCommand).action(
  (named: string, _: unknown, command: Command) =>
    run(async (session) => (await encoders()).addEncoder(named, session), allOptions(command)),
);
define('use <id>', 'search with the model of this encoder from now on', encoderCommand).action(
  (id: string, _: unknown, command: Command) =>
    run(async (session) => (await encoders()).useEncoder(id, session), allOptions(command)),
);
define('remove <id>', 'delete an added encoder, with its data in this library', encoderCommand)
  .option('--yes', 'also the models that were trained on it, and a change to one of its models that was begun')
  .action((id: string, options: { yes?: boolean }, command: Command) =>
    run(async (session) => (await encoders()).removeEncoder(id, options, session), allOptions(command)),
  );

define('status', 'what is in the library and where it lies')
  .option('--left-out', 'list the files and folders that are not shown, with the reasons')
  .action((options: CommonOptions & { leftOut?: boolean }) =>
    run(async (session) => (await library()).status(options, session, packageJson.version), options),
  );

define('doctor', 'say what is missing on this computer, and how to get it').action((options: CommonOptions) =>
  withoutLibrary(options, async (out) => (await import('./cli/doctor.ts')).doctor(options, packageJson.version, out)),
);

/** Ended when the command has; process.exitCode says how. Not a top-level await: the packaged program loads this as CommonJS. */
export const finished = parse();

async function parse(): Promise<void> {
  try {
    // Commander would take other arguments inside Electron.
    await program.parseAsync(withDashSentences(program, process.argv), { from: 'node' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    const message = error.message.replace(/^error: /, '');
    if (error.code === 'commander.unknownOption')
      process.stderr.write('A sentence that begins with "-" stands after --.\n');
    if (error.exitCode !== 0 && process.argv.includes('--json')) {
      standardOutput(`${JSON.stringify({ error: { code: 'usage', message } })}\n`);
    }
  }
}
