// What all components share; adopted by each as a constructed sheet.
import { css } from 'lit';

export const shared = css`
  * { box-sizing: border-box; }
  h1, h2, h3 { line-height: 1.2; margin: 0; }
  h1 { font-size: 1.5rem; }
  h2 { font-size: 1.2rem; }
  h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
  a { color: var(--link); }
  .panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
    padding: 1rem 1.25rem; margin: 0 0 1rem; }
  .quiet { color: var(--quiet); }
  .error { color: var(--error); }
  .row { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
  .spread { justify-content: space-between; }
  button, input, select { font: inherit; color: inherit; border: 1px solid var(--line);
    border-radius: 6px; background: var(--panel); padding: .3rem .8rem; min-height: 2.25rem; }
  button { cursor: pointer; font-weight: 600; }
  button:hover { border-color: var(--link); }
  button.strong { background: var(--link); border-color: var(--link); color: var(--panel); }
  button.danger { color: var(--error); border-color: var(--error); }
  button:disabled { opacity: .5; cursor: default; }
  :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .4rem .75rem .4rem 0; border-top: 1px solid var(--line);
    vertical-align: top; }
  th { color: var(--quiet); font-weight: 600; border-top: 0; white-space: nowrap; }
  td.number, th.number { text-align: right; }
  code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em;
    overflow-wrap: anywhere; }
`;
