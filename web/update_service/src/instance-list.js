import { LitElement, html, nothing } from 'lit';
import { get, groupPath } from './api.js';
import { Fetched } from './fetched.js';
import { statusName, when } from './names.js';
import { shared } from './styles.js';

const kPerPage = 50;
const kStatuses = [1, 2, 3, 4, 5, 6, 7, 8];

// Machines of a group that were seen within a day; failed ones by a filter.
class InstanceList extends LitElement {
  static properties = {
    group: { attribute: false },
    status: {},  // its number as a text; empty: all
    page: { state: true },
  };
  static styles = shared;

  constructor() {
    super();
    this.status = '';
    this.page = 1;
  }

  // Counts are in the key, so that the list follows the live overview.
  list = new Fetched(this,
    () => JSON.stringify([this.group.group_id, this.status, this.page, this.group.statuses,
      this.group.versions]),
    () => get(`${groupPath(this.group)}/instances?duration=1d&status=${this.status}` +
      `&page=${this.page}&perpage=${kPerPage}`));

  willUpdate(changed) {
    if (changed.has('status')) this.page = 1;
  }

  filter(event) {
    this.status = event.target.value;
  }

  table(instances) {
    return html`<div class="scroll"><table>
      <thead><tr><th>Machine</th><th>Version</th><th>Status</th><th>Address</th><th>Seen</th></tr>
      </thead>
      <tbody>${instances.map(({ id, alias, ip, application }) => html`<tr>
        <td><a href="/${groupPath(this.group)}/instances/${encodeURIComponent(id)}">
          <code>${alias || id}</code></a></td>
        <td>${application.version}</td>
        <td class=${application.status === 3 ? 'error' : ''}>${statusName(application.status)}</td>
        <td>${ip}</td><td>${when(application.last_check_for_updates)}</td></tr>`)}
      </tbody></table></div>`;
  }

  pages(total) {
    if (total <= kPerPage) return nothing;
    return html`<p id="pages" class="row">
      <button id="previous" ?disabled=${this.page === 1} @click=${() => { this.page -= 1; }}>Previous</button>
      <span>${(this.page - 1) * kPerPage + 1} to ${Math.min(this.page * kPerPage, total)}
        of ${total}</span>
      <button id="next" ?disabled=${this.page * kPerPage >= total}
        @click=${() => { this.page += 1; }}>Next</button></p>`;
  }

  render() {
    return html`
      <p class="row"><label for="status">Status</label>
        <select id="status" @change=${this.filter}>
          <option value="" ?selected=${this.status === ''}>all</option>
          ${kStatuses.map((number) => html`
            <option value=${number} ?selected=${this.status === String(number)}>
              ${statusName(number)}</option>`)}
        </select></p>
      ${this.list.show(({ total, instances }) => (total === 0
        ? html`<p class="quiet">No machine.</p>`
        : html`${this.table(instances)}${this.pages(total)}`))}`;
  }
}
customElements.define('instance-list', InstanceList);
