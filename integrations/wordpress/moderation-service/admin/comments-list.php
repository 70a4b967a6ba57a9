<?php
/**
 * The list of comments: why each stands where it stands, and the way to its card.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * What the service calls a state, for the list.
 *
 * @param object $record The comment's record.
 * @return string
 */
function state_in_words( $record ) {
	$words = array(
		'published' => __( 'Published', 'moderation-service' ),
		'held'      => __( 'Held', 'moderation-service' ),
		'rejected'  => __( 'Rejected', 'moderation-service' ),
		'spam'      => __( 'Spam', 'moderation-service' ),
		'erased'    => __( 'Erased at the service', 'moderation-service' ),
	);
	return isset( $words[ $record->state ] ) ? $words[ $record->state ] : '';
}

/**
 * Why the comment stands where it stands. Of what was decided here, by whom or by which rule is known best here.
 *
 * @param array<string, mixed> $verdict From verdict_of().
 * @return string[]
 */
function reasons_in_words( array $verdict ) {
	if ( isset( $verdict['note'], $verdict['decided_by'] ) && 'blog' === $verdict['decided_by'] && '' !== $verdict['note'] ) {
		return array( $verdict['note'] );
	}
	return isset( $verdict['reasons'] ) ? array_filter( wp_list_pluck( $verdict['reasons'], 'message' ) ) : array();
}

/**
 * One cell of the column.
 *
 * @param string $column     The column's name.
 * @param int    $comment_id WordPress's id.
 */
function show_cell( $column, $comment_id ) {
	if ( 'moderation_service' !== $column ) {
		return;
	}
	$record = record_of( (int) $comment_id );
	if ( ! $record ) {
		echo '<span aria-hidden="true">—</span><span class="screen-reader-text">' . esc_html__( 'Not asked about', 'moderation-service' ) . '</span>';
		return;
	}
	$verdict = verdict_of( $record );
	$state   = state_in_words( $record );
	if ( '' !== $state ) {
		echo '<div><strong>' . esc_html( $state ) . '</strong></div>';
	}
	$reasons = reasons_in_words( $verdict );
	if ( $reasons ) {
		echo '<ul class="moderation-service-reasons"><li>' . wp_kses( implode( '</li><li>', array_map( 'esc_html', $reasons ) ), array( 'li' => array() ) ) . '</li></ul>';
	}
	if ( null !== $record->due_at ) {
		echo '<p>' . esc_html( $record->todo_submit && '' === $record->todo_decision ? __( 'Waits to be read by the service.', 'moderation-service' ) : __( 'The service has yet to hear of it.', 'moderation-service' ) ) . '</p>';
	}
	if ( ! empty( $verdict['dashboard_url'] ) ) {
		/* translators: %s: an author's name, for screen readers. */
		$label = sprintf( __( 'Open the card of %s’s comment', 'moderation-service' ), get_comment_author( (int) $comment_id ) );
		echo '<a href="' . esc_url( $verdict['dashboard_url'] ) . '" aria-label="' . esc_attr( $label ) . '">' . esc_html__( 'Open the card', 'moderation-service' ) . '</a>';
	}
}

add_filter(
	'manage_edit-comments_columns',
	static function ( $columns ) {
		$columns['moderation_service'] = __( 'Moderation', 'moderation-service' );
		return $columns;
	}
);
add_action( 'manage_comments_custom_column', __NAMESPACE__ . '\\show_cell', 10, 2 );
add_action(
	'admin_enqueue_scripts',
	static function ( $hook ) {
		if ( 'edit-comments.php' === $hook ) {
			wp_enqueue_style( 'moderation-service', plugins_url( 'admin/comments-list.css', MAIN ), array(), VERSION );
		}
	}
);
