/** Controls and marks that all parts of the page share. */

import "./theme.css";
import "./ui.css";

export { Button, type ButtonProps, IconButton, type IconButtonProps } from "./Button";
export { Combobox, type ComboboxProps, type Proposal } from "./Combobox";
export { Dialog, type DialogProps } from "./Dialog";
export {
  Choice,
  type ChoiceProps,
  Field,
  type FieldProps,
  type Option,
  Select,
  type SelectProps,
  Slider,
  type SliderProps,
  TextArea,
  type TextAreaProps,
  TextField,
  type TextFieldProps,
  Toggle,
  type ToggleProps,
} from "./Field";
export { Icon, type IconName } from "./Icon";
export {
  Badge,
  Disclosure,
  type DisclosureProps,
  Notice,
  type NoticeProps,
  Progress,
  type ProgressProps,
  Section,
  type SectionProps,
  type Tone,
} from "./Notice";
export { Table, type TableColumn, type TableProps, type TableSort } from "./Table";
