export { EntityEnvironmentsTab } from './EntityEnvironmentsTab';
