/** Starts the window: styles, theme, then the shell. */
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import App from './App.svelte';
import { followTheme } from './state/theme.ts';

followTheme();
const target = document.getElementById('app');
if (target) mount(App, { target });
