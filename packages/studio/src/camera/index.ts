// Public API of `@silhouette/studio/camera`, for pages of your own.

export { cameraChoices, frameOf, startCamera, type CameraChoice } from "./camera-stream.ts";
export { StudioError, type Problem, type StudioErrorCode } from "../problem.ts";
