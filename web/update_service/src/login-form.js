import { LitElement, css, html } from 'lit';
import { logIn } from './api.js';
import { shared } from './styles.js';

// Fires "session" when the token was taken.
class LoginForm extends LitElement {
  static properties = { problem: { state: true }, busy: { state: true } };
  static styles = [shared, css`
    form { max-width: 26rem; margin: 10vh auto; }
    label { display: block; margin: 1rem 0 .25rem; }
    input { width: 100%; margin-bottom: 1rem; }
  `];

  firstUpdated() {
    this.renderRoot.querySelector('input').focus();
  }

  async submit(event) {
    event.preventDefault();
    this.busy = true;
    this.problem = '';
    try {
      await logIn(this.renderRoot.querySelector('input').value.trim());
      this.dispatchEvent(new CustomEvent('session'));
    } catch (refusal) {
      this.problem = refusal.message;
    }
    this.busy = false;
  }

  render() {
    return html`
      <form class="panel" @submit=${this.submit}>
        <h1>Update service</h1>
        <label for="token">API token</label>
        <input id="token" type="password" autocomplete="current-password" required>
        <button class="strong" ?disabled=${this.busy}>Log in</button>
        <p class="error" role="alert">${this.problem}</p>
        <p class="quiet">An administrator makes one:
          <code>updateservicectl admin-user create NAME</code></p>
      </form>`;
  }
}
customElements.define('login-form', LoginForm);
