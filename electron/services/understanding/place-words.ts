/** Names of places that are something else, or are known although the place is small. */

/** First names: after "from" and "of", and alone, they are people. */
export const firstNames = new Set(
  (
    'florence charlotte sofia victoria madison sydney austin jackson georgia chelsea brooklyn paris lincoln savannah phoenix carolina ' +
    'dakota virginia jordan israel chad kent dallas houston denver milan diego santiago lourdes vienna geneva aurora alexandria adelaide ' +
    'helena eugene salem kingston hamilton lexington montana india china kenya asia america london'
  ).split(' '),
);
/** Names that are also words, but mean the place after "in" in lower case, too; "in jersey", "in orange" and "in bath" do not. */
export const hardlyWords = new Set(
  'china turkey japan morocco panama wales cologne hamburg oxford bologna manila shanghai tangier phoenix trier wellington mecca anchorage madras'.split(
    ' ',
  ),
);
export const landmark =
  /^(park|beach|street|square|lake|island|bridge|castle|garden|gardens|tower|station|hill|hills|falls|canyon|market|center|centre|church|school|university)$/;
/** Lower-case words that are names of places, but after "in" and "near" mostly something else. */
export const notLower = new Set(
  (
    'santa lycra spandex tulle denim khaki camo hijab sari kimono burqa taekwondo judo karate sumo moto lego tux bikini pink ' +
    'colour gear attire unison tandem kayak canoe vegas-style mardi gras rodeo'
  ).split(' '),
);
/** British counties: the list of places has only towns of these names, elsewhere. */
export const counties = new Set(
  (
    'devon cornwall kent sussex essex dorset somerset surrey norfolk suffolk cumbria cheshire lancashire yorkshire northumberland durham ' +
    'berkshire hampshire wiltshire oxfordshire shropshire rutland fife argyll'
  ).split(' '),
);
/** Words that are hardly ever the place of that name: continents, figures. */
export const never = new Set(
  'asia africa europe oceania batman superman santa robin pink orient east west north south downtown midtown uptown hollywood-style hollywood central coast'.split(
    ' ',
  ),
);

/** Of `hardlyWords`, those that are a word where nothing leads to them. */
export const wordsAlone = new Set('china turkey cologne bologna manila phoenix wellington anchorage madras'.split(' '));

/** Towns that are known far beyond their size, and by no other name. */
export const famous = new Set(
  (
    'venice pisa siena dubrovnik lucerne chamonix zermatt interlaken banff mykonos ibiza positano sorrento capri taormina ' +
    'assisi versailles cannes pompeii hallstatt rothenburg kitzbühel davos'
  ).split(' '),
);
