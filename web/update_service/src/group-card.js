import { LitElement, css, html, nothing } from 'lit';
import { groupPath, mayOperate, post, put } from './api.js';
import { shared } from './styles.js';
import './share-bar.js';

const versionParts = (group) => group.versions.map(({ version, instances }) => ({
  name: version === group.target ? `${version} (target)` : version,
  count: instances,
  kind: version === group.target ? 'good' : 'other',
}));

const kFailed = 3;  // the status of a machine

// One group as the overview has it, with what an operator may do about it.
class GroupCard extends LitElement {
  static properties = {
    group: { attribute: false },
    session: { attribute: false },
    problem: { state: true },
    busy: { state: true },
  };
  static styles = [shared, css`
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr));
      gap: .75rem; margin: 1rem 0; }
    .figures div { border-left: 3px solid var(--line); padding-left: .6rem; }
    .figures b { display: block; font-size: 1.5rem; line-height: 1.2;
      font-variant-numeric: tabular-nums; }
    .figures .bad { border-color: var(--error); }
    .figures .busy { border-color: var(--busy); }
    .figures .good { border-color: var(--good); }
    .tag { border: 1px solid; border-radius: 1rem; padding: 0 .6rem; font-weight: 600;
      font-size: .875rem; }
    .paused { color: var(--warning); }
    .moving { color: var(--busy); }
    h2 a { color: inherit; }
    input { width: 5rem; }
  `];

  async change(work) {
    this.busy = true;
    this.problem = '';
    try {
      await work();
      this.dispatchEvent(new CustomEvent('changed', { bubbles: true, composed: true }));
    } catch (refusal) {
      this.problem = refusal.message;
    }
    this.busy = false;
  }

  toggle() {
    const action = this.group.paused ? 'resume' : 'pause';
    return this.change(() => post(`${groupPath(this.group)}/${action}`));
  }

  setShare(event) {
    event.preventDefault();
    const percent = Number(new FormData(event.target).get('percent'));
    return this.change(() => put(`${groupPath(this.group)}/rollout`, { percent }));
  }

  actions() {
    const { group } = this;
    return html`
      <div class="row">
        <button id="toggle" class=${group.paused ? 'strong' : 'danger'} ?disabled=${this.busy}
          @click=${this.toggle}>${group.paused ? 'Resume' : 'Pause'} updates</button>
        <form class="row" @submit=${this.setShare}>
          <label for="percent">Share of machines, %</label>
          <input id="percent" name="percent" type="number" min="0" max="100" required
            .value=${String(group.percent)}>
          <button ?disabled=${this.busy}>Set</button>
        </form>
      </div>`;
  }

  render() {
    const { group } = this;
    const path = `/apps/${group.application_id}/groups/${group.group_id}`;
    const figure = (id, name, count, kind, status) => html`
      <div class=${count > 0 ? kind : ''}><b id=${id}>${count}</b>
        ${status && count > 0 ? html`<a href="${path}?status=${status}">${name}</a>` : name}</div>`;
    return html`
      <section class="panel" aria-label="Group ${group.name}">
        <div class="row spread">
          <h2><a href=${path}>${group.name}</a></h2>
          <span class="row">
            ${group.paused ? html`<span class="tag paused">paused</span>` : nothing}
            ${group.rollout_in_progress ? html`<span class="tag moving">rolling out</span>` : nothing}
            ${group.pinned ? html`<span class="tag">pinned</span>` : nothing}
            ${group.forced_rollback ? html`<span class="tag paused">forced rollback</span>` : nothing}
          </span>
        </div>
        <div class="quiet">Channel ${group.channel || 'none'}, target
          <b id="target">${group.target || 'none'}</b>, ${group.percent} % of machines</div>
        <div class="figures">
          ${figure('instances', 'machines', group.instances, '')}
          ${figure('at-target', 'at target', group.at_target, 'good')}
          ${figure('updating', 'updating', group.updating, 'busy')}
          ${figure('timed-out', 'timed out', group.timed_out, 'bad')}
          ${figure('failed', 'failed', group.failed, 'bad', kFailed)}
        </div>
        ${group.versions.length > 0 ? html`
          <share-bar label="Versions in ${group.name}" .parts=${versionParts(group)}></share-bar>
          <p class="quiet">${Object.entries(group.statuses).map(([name, count]) =>
            `${name} ${count}`).join(', ')}</p>` : nothing}
        ${mayOperate(this.session) ? this.actions() : nothing}
        <p class="error" role="alert">${this.problem}</p>
      </section>`;
  }
}
customElements.define('group-card', GroupCard);
