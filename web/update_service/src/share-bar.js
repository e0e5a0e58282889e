import { LitElement, css, html, svg } from 'lit';
import { shared } from './styles.js';

// Shares of a whole, as one bar and its legend: parts are [{name, count, kind}], a kind being
// good, busy, warning, error or other.
class ShareBar extends LitElement {
  static properties = { parts: { attribute: false }, label: {} };
  static styles = [shared, css`
    svg { display: block; width: 100%; height: 14px; border-radius: 7px; background: var(--line); }
    ul { list-style: none; margin: .4rem 0 0; padding: 0; display: flex; flex-wrap: wrap;
      gap: .2rem 1.25rem; font-variant-numeric: tabular-nums; }
    li::before { content: "\\25A0\\A0"; }
    .good { fill: var(--good); } li.good::before { color: var(--good); }
    .busy { fill: var(--busy); } li.busy::before { color: var(--busy); }
    .warning { fill: var(--warning); } li.warning::before { color: var(--warning); }
    .error { fill: var(--error); } li.error::before { color: var(--error); }
    li.error { color: inherit; }
    .other { fill: var(--quiet); } li.other::before { color: var(--quiet); }
  `];

  render() {
    const total = this.parts.reduce((sum, part) => sum + part.count, 0);
    let before = 0;
    const pieces = this.parts.map((part) => {
      const piece = svg`<rect class=${part.kind} x=${(before / total) * 100} y="0"
        width=${(part.count / total) * 100} height="1"></rect>`;
      before += part.count;
      return piece;
    });
    return html`
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label=${this.label}>
        ${total > 0 ? pieces : ''}
      </svg>
      <ul>${this.parts.map((part) => html`
        <li class=${part.kind}>${part.name} <b>${part.count}</b></li>`)}
      </ul>`;
  }
}
customElements.define('share-bar', ShareBar);
