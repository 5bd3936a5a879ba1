import { defineTool } from 'meanwhile';
import offers from './offers.ts';

/** The same, and the tool itself says that the service waits for it. */
export default defineTool({ ...offers, name: 'tenders', awaits: 'managed' });
