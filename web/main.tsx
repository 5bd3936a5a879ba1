import { render } from 'preact';
import { App } from './app.tsx';
import './style/tokens.css';
import './style/base.css';
import './style/controls.css';
import './style/parts.css';
import './style/layout.css';
import './style/log.css';
import './style/messages.css';
import './style/call-lines.css';
import './style/composer.css';
import './style/empty.css';
import './style/prose.css';
import './style/calls.css';
import './style/chart.css';
import './style/list.css';
import './style/why.css';

render(<App />, document.getElementById('page')!);
