import { LitElement, html } from 'lit';
import { get } from './api.js';
import { Fetched } from './fetched.js';
import { className, severityName, when } from './names.js';
import { shared } from './styles.js';

// What happened in the fleet, newest first.
class ActivityView extends LitElement {
  static styles = shared;

  list = new Fetched(this, () => 'activity', () => get('activity?perpage=100'));

  render() {
    return html`<section class="panel"><h2>Activity</h2>
      ${this.list.show(({ totalCount, activities }) => html`
        <p class="quiet">${activities.length} of ${totalCount}</p>
        <div class="scroll"><table>
          <thead><tr><th>When</th><th>What</th><th>Severity</th><th>Group</th><th>Version</th>
            <th>Machine</th></tr></thead>
          <tbody>${activities.map((each) => html`<tr><td>${when(each.created_ts)}</td>
            <td>${className(each.class)}</td>
            <td class=${each.severity === 4 ? 'error' : ''}>${severityName(each.severity)}</td>
            <td>${each.group_name}</td><td>${each.version}</td>
            <td><code>${each.instance_id}</code></td></tr>`)}</tbody>
        </table></div>`)}</section>`;
  }
}
customElements.define('activity-view', ActivityView);
