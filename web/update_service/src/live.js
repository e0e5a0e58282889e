// The overview as the service's stream tells it. `onState` gets true while it is connected;
// `onEnd` is called when the service refuses the stream, as after a session's end.
const kAgainAfter = 3000;

export class Live {
  constructor({ onOverview, onState, onEnd }) {
    this.handlers = { onOverview, onState, onEnd };
    this.open();
  }

  open() {
    const { onOverview, onState, onEnd } = this.handlers;
    this.source = new EventSource('/api/stream');
    this.source.addEventListener('open', () => onState(true));
    this.source.addEventListener('overview', (event) => onOverview(JSON.parse(event.data)));
    this.source.addEventListener('error', () => {
      onState(false);
      if (this.source.readyState !== EventSource.CLOSED) return;  // else it connects again itself
      this.timer = setTimeout(() => this.open(), kAgainAfter);
      onEnd();
    });
  }

  close() {
    clearTimeout(this.timer);
    this.source.close();
  }
}
