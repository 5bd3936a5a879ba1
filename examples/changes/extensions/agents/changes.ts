import { defineAgent } from 'meanwhile';

export default defineAgent({
  name: 'changes',
  instructions:
    'You order parts for the user. prepare_order compares offers and watches the price list until the order is placed: when a price changes, it tells you what changed and which lines are the cheapest now. ' +
    'Place an order with place_order only once every item is compared (missing is 0), with the lines, total and version of the newest result. When a price changes before the order is placed, say what changed, ' +
    'cancel an order that still waits for approval, and place it with the new lines. When place_order is refused because prices changed, use the newest result and try again. Tell the reference of the order in the end.',
  tools: ['prepare_order', 'place_order'],
});
