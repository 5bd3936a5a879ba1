export { default } from '../../../../docs/examples/remote-receiver/extensions/tools/render-video.ts';
