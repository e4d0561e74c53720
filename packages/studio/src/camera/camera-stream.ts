// The camera of this device, or why it cannot be used.

import { StudioError } from "../problem.ts";

/** A camera to choose. */
export interface CameraChoice {
  readonly deviceId: string;
  /** What the page calls it. */
  readonly name: string;
}

/** Size and rate that are asked for: networks see less, and a smaller frame is read faster. */
const WANTED = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } } as const;

/**
 * Starts a camera. The caller stops its tracks.
 *
 * @param deviceId the camera; by default, the one on the back if there is one
 * @throws {StudioError} `CAMERA_MISSING`, `CAMERA_REFUSED`, `CAMERA_BUSY`
 */
export async function startCamera(deviceId?: string): Promise<MediaStream> {
  // Undefined in pages that are not secure, whatever its type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) {
    throw new StudioError(
      "CAMERA_MISSING",
      "Expected access to a camera, but this browser gives this page none",
      "Open the page at an address that begins with https:// or http://localhost, or use another browser.",
    );
  }
  const which = deviceId === undefined ? { facingMode: "environment" } : { deviceId: { exact: deviceId } };
  try {
    return await devices.getUserMedia({ video: { ...WANTED, ...which } });
  } catch (cause) {
    throw cameraError(cause);
  }
}

/** The cameras that can be chosen; their names are known once one of them has been started. */
export async function cameraChoices(): Promise<readonly CameraChoice[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId, label }, index) => ({ deviceId, name: label === "" ? `Camera ${index + 1}` : label }));
}

/**
 * The frame that a video shows, as a photograph; undefined before it shows one.
 *
 * @param type of the file. A PNG is without loss; a JPEG has a tenth of its bytes
 */
export async function frameOf(
  video: HTMLVideoElement,
  name: string,
  type: "image/png" | "image/jpeg",
): Promise<File | undefined> {
  if (video.videoWidth === 0) return undefined;
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const content = await canvas.convertToBlob({ type, quality: 0.92 });
  return new File([content], `${name}.${type === "image/png" ? "png" : "jpg"}`, { type });
}

function cameraError(cause: unknown): StudioError {
  const name = cause instanceof DOMException ? cause.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new StudioError(
        "CAMERA_REFUSED",
        "Expected access to the camera, but it was refused",
        "Allow the camera for this page beside its address, and in the system's settings, and start it again.",
        { cause },
      );
    case "NotFoundError":
    case "OverconstrainedError":
      return new StudioError(
        "CAMERA_MISSING",
        "Expected a camera, but there is none",
        "Connect one, or choose photographs instead.",
        { cause },
      );
    default:
      return new StudioError(
        "CAMERA_BUSY",
        `Expected the camera to start, but it did not${name === "" ? "" : ` (${name})`}`,
        "Close other programs and pages that use it, and start it again.",
        { cause },
      );
  }
}
