// A field for a whole number.

import type { JSX } from "preact";
import { useState } from "preact/hooks";

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max?: number;
  readonly disabled: boolean;
  /** Called with NaN while the field holds no number. */
  readonly onChange: (value: number) => void;
}

/** The field. It shows what is typed, also while that is no number. */
export function NumberField({ label, value, min, max, disabled, onChange }: NumberFieldProps): JSX.Element {
  const [typed, setTyped] = useState(String(value));
  // A value from elsewhere replaces what was typed.
  const shown = Number.isNaN(value) || Number(typed) === value ? typed : String(value);
  return (
    <label>
      {label}
      <input
        type="number"
        min={min}
        max={max}
        step={1}
        required
        disabled={disabled}
        value={shown}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          onChange(currentTarget.valueAsNumber);
        }}
      />
    </label>
  );
}
