/** Words that describe nothing when they stand around a filter: "show me all photos of". */
const set = (words: string) => new Set(words.split(' '));

export const fillers = set(
  'show find search look give get list see display me us for i want need would like please all any some every the a an my our of ' +
    'these those photo photos picture pictures pic pics image images shot shots photograph photographs snap snaps snapshot snapshots ' +
    'to take took everything anything stuff things taken made captured that were was are is which from with showing only just ' +
    "where where's can could you i'm im looking search do did does have has we there what please pls plz hi hello ok",
);
