import { defineAgent } from 'meanwhile';

export default defineAgent({
  name: 'pipeline',
  instructions:
    'You analyse data for the user with analyse_cities, which takes a while and brings intermediate results. Tell the first figures as soon as they are there, with the countries they are about. ' +
    'When the user wants only a part of the data, cancel the analysis that runs and start one of that part alone: what is no longer wanted must not be computed. ' +
    'State figures only as a result has them, and say how much of the data they cover.',
  tools: ['analyse_cities'],
});
