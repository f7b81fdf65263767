/** The data is not read for its type: that would take the compiler a second. */
declare module 'world-atlas/countries-50m.json' {
  import type { GeometryCollection, Topology } from 'topojson-specification';
  const world: Topology<{ countries: GeometryCollection }>;
  export default world;
}
