export { default } from '../../../examples/remote-receiver/extensions/tools/render-video.ts';
