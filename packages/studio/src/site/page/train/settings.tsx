// How to train: recipe, epochs, seed.

import type { JSX } from "preact";

import type { RecipeFacts } from "../../engine/recipes.ts";
import type { TrainingSettings } from "../../engine/training.ts";
import { NumberField } from "../number-field.tsx";

export interface SettingsProps {
  /** The recipes to choose from, the default first. */
  readonly recipes: readonly RecipeFacts[];
  readonly settings: TrainingSettings;
  readonly onChange: (settings: TrainingSettings) => void;
  /** Why a training cannot begin, as a sentence; undefined if it can. */
  readonly obstacle: string | undefined;
  readonly isBusy: boolean;
  readonly onTrain: () => void;
}

/** The settings, and the button that begins a training. */
export function Settings({ recipes, settings, onChange, obstacle, isBusy, onTrain }: SettingsProps): JSX.Element {
  const fastest = recipes[0]?.settings.kernelSet;
  const isValid = Number.isInteger(settings.epochs) && settings.epochs >= 1 && Number.isInteger(settings.seed);
  return (
    <section aria-labelledby="settings-title">
      <h2 id="settings-title">Training</h2>
      <form
        class="settings"
        onSubmit={(event) => {
          event.preventDefault();
          onTrain();
        }}
      >
        <label>
          Recipe
          <select
            value={settings.recipe}
            disabled={isBusy}
            onChange={({ currentTarget }) => {
              const chosen = recipes.find(({ settings: { recipe } }) => recipe === currentTarget.value);
              if (chosen !== undefined) {
                const { seed, kernelSet } = settings;
                onChange({ ...chosen.settings, seed, kernelSet });
              }
            }}
          >
            {recipes.map(({ settings: { recipe }, summary }) => (
              <option key={recipe} value={recipe}>
                {recipe}: {summary}
              </option>
            ))}
          </select>
        </label>
        <NumberField
          label="Epochs"
          min={1}
          max={10_000}
          disabled={isBusy}
          value={settings.epochs}
          onChange={(epochs) => onChange({ ...settings, epochs })}
        />
        <NumberField
          label="Seed"
          min={0}
          disabled={isBusy}
          value={settings.seed}
          onChange={(seed) => onChange({ ...settings, seed })}
        />
        <label>
          Kernels
          <select
            value={settings.kernelSet}
            disabled={isBusy}
            onChange={({ currentTarget: { value } }) =>
              onChange({ ...settings, kernelSet: value === "relaxed" ? "relaxed" : "simd128" })
            }
          >
            {fastest === "relaxed" && <option value="relaxed">relaxed: faster</option>}
            <option value="simd128">simd128: the same weights on every machine</option>
          </select>
        </label>
        <button type="submit" class="main" disabled={isBusy || obstacle !== undefined || !isValid}>
          Train
        </button>
        {obstacle !== undefined && <p class="note">{obstacle}</p>}
      </form>
    </section>
  );
}
