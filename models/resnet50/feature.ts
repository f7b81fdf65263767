/** What ResNet50 reads and gives. */

/** ResNet50's input side in pixels, length of a feature (2048 averages, 2048 deviations), and classes. */
export const imageNet = { side: 256, dimensions: 4096, classes: 1000 } as const;
