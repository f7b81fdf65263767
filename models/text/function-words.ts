/**
 * Function words: articles, pronouns, prepositions, conjunctions, auxiliaries. A closed class of English. The stop word lists
 * on npm are made for indexing prose and lack words that are frequent in captions ("near", "down", "behind").
 */
export const functionWords: ReadonlySet<string> = new Set(
  [
    'a an the this that these those some any each every both other another its his her their my your our',
    'i you he she it we they him them me us who which what where when while someone something there here',
    'of in on at to into onto from with without by for over under up down off out through across along around about',
    'above below near beside behind between before after against during inside outside toward towards upon as like',
    'and or but not no nor so than then very too also just',
    'is are was were be been being am has have had do does did can could will would may might must',
  ].flatMap((line) => line.split(' ')),
);
