import type { ReactNode } from "react";
import { Label, Radio, RadioGroup, Switch } from "react-aria-components";

/** A switch whose whole row answers. */
export function SwitchRow(props: {
  label: string;
  hint?: string;
  icon?: ReactNode;
  isSelected: boolean;
  isDisabled?: boolean;
  onChange: (on: boolean) => void;
}) {
  const { label, hint, icon, isSelected, isDisabled = false, onChange } = props;
  return (
    <Switch
      className={icon ? "switch with-icon" : "switch"}
      isSelected={isSelected}
      isDisabled={isDisabled}
      onChange={onChange}
    >
      {icon}
      <span className="label">
        {label}
        {hint && <span className="hint-line">{hint}</span>}
      </span>
      <span className="sw" />
    </Switch>
  );
}

/** One of a few. */
export function ChoiceRow<T extends string>(props: {
  label: string;
  value: T;
  options: [T, string][];
  onChange: (value: T) => void;
}) {
  const { label, value, options, onChange } = props;
  return (
    <RadioGroup className="choice" value={value} onChange={(each) => onChange(each as T)}>
      <Label className="legend-line">{label}</Label>
      {options.map(([option, words]) => (
        <Radio key={option} value={option}>
          <span className="dot" />
          {words}
        </Radio>
      ))}
    </RadioGroup>
  );
}

/** A row of a label, a line below it, and something to press. */
export function Row(props: { label: ReactNode; hint?: ReactNode; children?: ReactNode }) {
  const { label, hint, children } = props;
  return (
    <div className="perm">
      <div className="label">
        {label}
        {hint && <p>{hint}</p>}
      </div>
      {children}
    </div>
  );
}
