import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { clearText, withoutHidden } from '../parts/clear-text.ts';
import type { Field, FormValue } from './fields.ts';

interface FieldProps {
  field: Field;
  value: FormValue;
  /** The error that the service found in it. */
  wrong: string | undefined;
  set(value: FormValue): void;
}

/** One field of a question, with what the tool says about it and what is wrong with it. */
export function FieldInput(props: FieldProps) {
  const { field, value, wrong, set } = props;
  const { label, hint, options, isRequired, limits } = field;
  const id = useId();
  const help = `${id}-help`;
  const described = {
    ...((hint !== undefined || wrong !== undefined) && { 'aria-describedby': help }),
    ...(wrong !== undefined && { 'aria-invalid': true as const }),
  };
  const optional = isRequired ? null : <span class="optional"> optional</span>;
  const below = <Help id={help} hint={hint} wrong={wrong} />;
  if (typeof value === 'boolean') {
    return (
      <div class="field">
        <label class="pick">
          <input
            type="checkbox"
            {...described}
            checked={value}
            onChange={(event) => set(event.currentTarget.checked)}
          />
          {clearText(label)}
        </label>
        {below}
      </div>
    );
  }
  if (options && (Array.isArray(value) || (isRequired && options.length <= MOST_RADIOS))) {
    return (
      <fieldset class="field" {...described}>
        <legend>
          {clearText(label)}
          {optional}
        </legend>
        <Choices {...props} name={id} />
        {below}
      </fieldset>
    );
  }
  return (
    <div class="field">
      <label for={id}>
        {clearText(label)}
        {optional}
      </label>
      {options ? (
        <select
          id={id}
          {...described}
          required={isRequired}
          value={String(value)}
          onChange={(event) => set(event.currentTarget.value)}
        >
          <option value="">{isRequired ? 'Choose …' : 'No choice'}</option>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {withoutHidden(option.label)}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          {...described}
          {...limits}
          required={isRequired}
          autocomplete="off"
          placeholder={field.kind === 'list' ? 'one, two, three' : undefined}
          value={String(value)}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
      {below}
    </div>
  );
}

/** More options than these are a drop-down list. */
const MOST_RADIOS = 5;

/** Radio buttons for one value, checkboxes for any number of values. */
function Choices({ field, value, set, name }: FieldProps & { name: string }): ComponentChildren {
  return field.options!.map((option) => {
    const isChosen = Array.isArray(value) ? value.includes(option.value) : value === option.value;
    const choose = () => {
      if (!Array.isArray(value)) return set(option.value);
      set(isChosen ? value.filter((each) => each !== option.value) : [...value, option.value]);
    };
    return (
      <label key={option.value} class="pick">
        <input
          type={Array.isArray(value) ? 'checkbox' : 'radio'}
          name={name}
          required={!Array.isArray(value)}
          checked={isChosen}
          onChange={choose}
        />
        {withoutHidden(option.label)}
      </label>
    );
  });
}

function Help({ id, hint, wrong }: { id: string; hint?: string; wrong?: string }) {
  if (hint === undefined && wrong === undefined) return null;
  return (
    <p id={id} class="help">
      {wrong === undefined ? clearText(hint!) : <span class="wrong">{clearText(wrong)}</span>}
    </p>
  );
}
