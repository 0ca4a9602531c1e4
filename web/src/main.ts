import { mount } from 'svelte';
import App from './App.svelte';
import { createApp } from './state/app.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/looks.css';

const target = document.getElementById('app');
if (target) mount(App, { target, props: { app: createApp(document.baseURI) } });
