import { LitElement, html } from 'lit';
import { get, groupPath } from './api.js';
import { Fetched } from './fetched.js';
import { errorText, statusName, when } from './names.js';
import { shared } from './styles.js';

// One machine and its history, newest first.
class InstanceView extends LitElement {
  static properties = { group: { attribute: false }, instance: {} };
  static styles = shared;

  path() {
    return `${groupPath(this.group)}/instances/${encodeURIComponent(this.instance)}`;
  }

  machine = new Fetched(this, () => `${this.path()}${JSON.stringify(this.group.statuses)}`,
    async () => {
      const [shown, history] = await Promise.all(
        [get(this.path()), get(`${this.path()}/status_history?limit=100`)]);
      return { ...shown, history };
    });

  render() {
    return this.machine.show(({ id, alias, ip, oem, application, history }) => html`
      <section class="panel">
        <h2><code>${alias || id}</code></h2>
        <p>Version <b>${application.version}</b>, ${statusName(application.status)}, ${ip} ${oem}<br>
          <span class="quiet">seen ${when(application.last_check_for_updates)}, group
          <a href="/${groupPath(this.group)}">${this.group.name}</a></span></p>
        <h3>History</h3>
        <div class="scroll"><table>
          <thead><tr><th>When</th><th>Status</th><th>Version</th><th>Error</th></tr></thead>
          <tbody>${history.map((change) => html`<tr><td>${when(change.created_ts)}</td>
            <td class=${change.status === 3 ? 'error' : ''}>${statusName(change.status)}</td>
            <td>${change.version}</td><td>${errorText(change.error_code)}</td></tr>`)}</tbody>
        </table></div>
      </section>`);
  }
}
customElements.define('instance-view', InstanceView);
