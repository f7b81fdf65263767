/** ResNet50's input side in pixels, length of a feature (2048 averages, then 2048 deviations). */
export const imageNet = { side: 256, dimensions: 4096 } as const;
