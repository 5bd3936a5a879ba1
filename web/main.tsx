import { render } from 'preact';
import { App } from './app.tsx';
import './style/base.css';
import './style/layout.css';
import './style/log.css';
import './style/calls.css';
import './style/chart.css';
import './style/list.css';
import './style/why.css';

render(<App />, document.getElementById('page')!);
