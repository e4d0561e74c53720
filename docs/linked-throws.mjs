// A typedoc plugin that links the class in `@throws {TrainerError}`, which typedoc itself shows as plain text.

import { ReflectionKind, RendererEvent } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.renderer.on(RendererEvent.BEGIN, ({ project }) => {
    const classes = new Map(project.getReflectionsByKind(ReflectionKind.Class).map((each) => [each.name, each]));
    for (const { comment } of Object.values(project.reflections)) {
      for (const tag of comment?.getTags("@throws") ?? []) {
        const name = tag.typeAnnotation?.slice(1, -1);
        if (name === undefined) continue;
        delete tag.typeAnnotation;
        const target = classes.get(name);
        // JavaScript's built-in classes have no page.
        const thrown = target
          ? { kind: /** @type {const} */ ("inline-tag"), tag: /** @type {const} */ ("@link"), text: name, target }
          : { kind: /** @type {const} */ ("code"), text: `\`${name}\`` };
        tag.content.unshift(thrown, { kind: "text", text: ": " });
      }
    }
  });
}
