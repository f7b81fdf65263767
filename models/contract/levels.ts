/** How sure a match is, in words: for the window and the terminal alike. */
export { countLevels, levelOf, type Level, type LevelCounts } from '../relevance/levels.ts';
